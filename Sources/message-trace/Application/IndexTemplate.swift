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

  /// Stanzas for the profile cim. Splunk reads JSON fields at search time; the time is the one thing to be told at index
  /// time, and the tag makes the data model Email find the events.
  static func splunk(_ catalog: FieldCatalog) -> String {
    let numbers = catalog.fields.filter { $0.value.set == "cim" && $0.value.kind == .long && !$0.value.isArray }
    let evals = numbers.keys.sorted().map { "EVAL-\($0) = tonumber('\($0)')" }
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
      \(evals.joined(separator: "\n"))

      # eventtypes.conf
      [message_trace_email]
      search = sourcetype=message_trace

      # tags.conf
      [eventtype=message_trace_email]
      email = enabled

      """
  }
}
