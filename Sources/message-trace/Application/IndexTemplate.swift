// Types of the fields for the stores that would otherwise guess them from the first event, made from mappings/fields.json.

internal import IntakeCore
internal import Normaliser

enum IndexTemplate {
  /// Fields of the profile ecs.
  private static let sets: Set<String> = ["ecs", "ours"]

  /// An index template, for `PUT _index_template/message-trace`. Columns that no rule names become keywords.
  static func elastic(_ catalog: FieldCatalog) -> String {
    let fields = catalog.fields.filter { sets.contains($0.value.set) }.sorted { $0.key < $1.key }
    let types = fields.map { name, field in "        \(JSONText.quoted(name)): {\(type(field.kind))}" }
    return """
      {
        "index_patterns": ["message-trace*"],
        "priority": 200,
        "template": {
          "settings": {"index.mapping.ignore_malformed": true},
          "mappings": {
            "date_detection": false,
            "dynamic_templates": [
              {"texts": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 8191}}}
            ],
            "properties": {
      \(types.joined(separator: ",\n"))
            }
          }
        }
      }

      """
  }

  private static func type(_ kind: FieldCatalog.Field.Kind) -> String {
    switch kind {
    case .keyword: #""type": "keyword", "ignore_above": 8191"#
    case .wildcard, .text, .date, .ip, .long: "\"type\": \"\(kind.rawValue)\""
    }
  }

  /// Stanzas for the profile cim, by file. Splunk reads JSON fields at search time. Told at index time: the time, and the
  /// event's id as an indexed field, as the HTTP Event Collector gets it, so that repeats are found with `tstats`. The tags
  /// make the data model Email find the events.
  static func splunk(_ catalog: FieldCatalog) -> String {
    return """
      # props.conf
      [message_trace]
      KV_MODE = json
      SHOULD_LINEMERGE = false
      LINE_BREAKER = ([\\r\\n]+)
      TRUNCATE = 1000000
      TIME_PREFIX = "_time":"
      TIME_FORMAT = %Y-%m-%dT%H:%M:%S.%3NZ
      TZ = UTC
      MAX_TIMESTAMP_LOOKAHEAD = 32
      MAX_DAYS_AGO = 100
      TRANSFORMS-event_id = message_trace_event_id
      \(searchTime(catalog).joined(separator: "\n"))

      # transforms.conf
      [message_trace_event_id]
      REGEX = "event_id":"([0-9a-f]{32})"
      FORMAT = event_id::$1
      WRITE_META = true

      # fields.conf
      [event_id]
      INDEXED = true

      # eventtypes.conf
      [message_trace_email]
      search = sourcetype=message_trace

      # tags.conf
      [eventtype=message_trace_email]
      email = enabled
      delivery = enabled

      """
  }

  /// Settings of props.conf for numbers, and for lists, whose elements Splunk names `flags{}`.
  private static func searchTime(_ catalog: FieldCatalog) -> [String] {
    let fields = catalog.fields.filter { $0.value.set == "cim" }.sorted { $0.key < $1.key }
    let numbers = fields.filter { $0.value.kind == .long && !$0.value.isArray }
    let lists = fields.filter { $0.value.isArray && $0.key != "tag" }
    return numbers.map { name, _ in "EVAL-\(name) = tonumber('\(name)')" }
      + lists.map { name, _ in #"FIELDALIAS-\#(word(name)) = "\#(name){}" AS "\#(name)""# }
  }

  private static func word(_ name: String) -> String {
    String(name.map { $0 == "." ? "_" : $0 })
  }
}
