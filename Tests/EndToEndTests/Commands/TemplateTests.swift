// `mapping template` as its readers take it: Elastic by its types and names, Splunk by its files, stanzas and settings.

import Foundation
import IntakeCore
import IntakeTesting
import Testing

@Suite struct TemplateTests {
  /// Types of Elasticsearch, each with the parameters that are used here. Source: its reference, "Field data types".
  private static let types: [String: Set<String>] = [
    "keyword": ["ignore_above"], "wildcard": [], "match_only_text": [], "date": [], "ip": [], "long": [],
  ]

  private static func template() throws -> JSONValue {
    let outcome = Program.run(["mapping", "template", "elastic"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    return try JSONValue(parsing: outcome.output)
  }

  private static func keys(_ value: JSONValue?) -> Set<String> { Set((value?.members ?? []).map(\.key)) }

  @Test("the index template has members and types that Elastic knows, and no field is a value and an object")
  func elastic() throws {
    let template = try Self.template()
    #expect(Self.keys(template) == ["index_patterns", "priority", "template"])
    #expect(Self.keys(template["template"]) == ["settings", "mappings"])
    let mappings = template["template"]?["mappings"]
    #expect(Self.keys(mappings) == ["date_detection", "dynamic_templates", "properties"])
    let properties = try #require(mappings?["properties"]?.members)
    #expect(properties.count > 50)
    let names = Set(properties.map(\.key))
    for property in properties {
      let type = try #require(property.value["type"]?.string)
      let parameters = try #require(Self.types[type], "\(property.key): \(type)")
      #expect(Self.keys(property.value).subtracting(["type"]).isSubset(of: parameters), "\(property.key)")
      let parts = property.key.split(separator: ".", omittingEmptySubsequences: false)
      #expect(parts.allSatisfy { !$0.isEmpty }, "\(property.key)")
      for count in 1..<max(1, parts.count) {
        #expect(!names.contains(parts.prefix(count).joined(separator: ".")), "\(property.key)")
      }
    }
  }

  @Test("every event of the profile ecs fits the index template")
  func events() throws {
    let properties = try Self.template()["template"]?["mappings"]?["properties"]
    let types = Dictionary(
      uniqueKeysWithValues: (properties?.members ?? []).map { ($0.key, $0.value["type"]?.string ?? "") })
    let leaves = Set(types.keys)
    var seen: Set<String> = []
    for event in try GoldenEvents.of("ecs") {
      for member in try #require(event.members) {
        let parts = member.key.split(separator: ".")
        // What Elastic refuses: an object where a value is, or the other way round.
        #expect(
          !(1..<parts.count).contains { leaves.contains(parts.prefix($0).joined(separator: ".")) }, "\(member.key)")
        #expect(!leaves.contains { $0.hasPrefix(member.key + ".") }, "\(member.key)")
        guard let type = types[member.key] else { continue }
        seen.insert(type)
        for value in member.value.array ?? [member.value] {
          #expect(Self.fits(value, type), "\(member.key): \(value.text) is no \(type)")
        }
      }
    }
    #expect(seen.isSuperset(of: ["keyword", "wildcard", "date", "ip", "long", "match_only_text"]))
  }

  private static func fits(_ value: JSONValue, _ type: String) -> Bool {
    switch type {
    case "long": value.string == nil && value.integer != nil
    case "date": value.string.flatMap { Timestamp.parse($0) } != nil
    case "ip": value.string?.contains { $0 == "." || $0 == ":" } == true
    default: value.string != nil
    }
  }

  /// Settings that Splunk's specifications of these files have.
  private static let settings: [String: Set<String>] = [
    "props.conf": [
      "KV_MODE", "SHOULD_LINEMERGE", "LINE_BREAKER", "TRUNCATE", "TIME_PREFIX", "TIME_FORMAT", "TZ",
      "MAX_TIMESTAMP_LOOKAHEAD", "MAX_DAYS_AGO", "TRANSFORMS", "EVAL", "FIELDALIAS",
    ],
    "transforms.conf": ["REGEX", "FORMAT", "WRITE_META"], "fields.conf": ["INDEXED"], "eventtypes.conf": ["search"],
    "tags.conf": ["email", "delivery"],
  ]

  @Test("Splunk's files hold stanzas and settings that it knows, which find time and id in every event")
  func splunk() throws {
    let files = try SplunkFiles(Program.run(["mapping", "template", "splunk"]).lines)
    #expect(Set(files.stanzas.map(\.file)) == Set(Self.settings.keys))
    for stanza in files.stanzas {
      for name in stanza.values.keys {
        let kind = stanza.file == "props.conf" ? String(name.prefix { $0 != "-" }) : name
        #expect(Self.settings[stanza.file]?.contains(kind) == true, "\(stanza.file): \(name)")
      }
    }
    let props = try #require(files["props.conf", "message_trace"])
    let transform = try #require(files["transforms.conf", props["TRANSFORMS-event_id"] ?? ""])
    let id = try Regex(try #require(transform["REGEX"]))
    let time = try #require(props["TIME_PREFIX"])
    #expect(files["fields.conf", "event_id"]?["INDEXED"] == "true" && transform["FORMAT"] == "event_id::$1")
    #expect(files["tags.conf", "eventtype=message_trace_email"]?["email"] == "enabled")
    for line in try GoldenEvents.lines(of: "cim") {
      let event = try JSONValue(parsing: Array(line.utf8))
      #expect(try id.firstMatch(in: line)?[1].substring.map(String.init) == event["event_id"]?.string)
      let after = try #require(line.firstRange(of: time)?.upperBound)
      #expect(Timestamp.parse(String(line[after...].prefix(24))) != nil)
    }
    for (name, value) in props where name.hasPrefix("EVAL-") {
      #expect(value == "tonumber('\(name.dropFirst(5))')")
    }
  }
}

/// Events of one profile from the expectations beside `ProfileTests`.
enum GoldenEvents {
  static func lines(of profile: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: ShapeCase.folder).filter { $0.hasSuffix(".out.txt") }.sorted()
      .flatMap { file in
        let text = String(decoding: try FileBytes.read("\(ShapeCase.folder)/\(file)", purpose: "case"), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        return Array(lines.drop { $0 != "== \(profile)" }.dropFirst().prefix { !$0.hasPrefix("== ") })
      }
  }

  static func of(_ profile: String) throws -> [JSONValue] {
    try lines(of: profile).map { try JSONValue(parsing: Array($0.utf8)) }
  }
}

/// Stanzas of several configuration files, each file below a comment with its name.
private struct SplunkFiles {
  private(set) var stanzas: [(file: String, name: String, values: [String: String])] = []

  init(_ lines: [String]) throws {
    var file = ""
    for line in lines {
      if line.hasPrefix("# ") {
        file = String(line.dropFirst(2))
      } else if line.hasPrefix("["), line.hasSuffix("]") {
        stanzas.append((file, String(line.dropFirst().dropLast()), [:]))
      } else {
        let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        try #require(parts.count == 2 && !stanzas.isEmpty, "\(line)")
        let old = stanzas[stanzas.count - 1].values.updateValue(parts[1], forKey: parts[0])
        #expect(old == nil, "twice: \(line)")
      }
    }
  }

  subscript(_ file: String, _ name: String) -> [String: String]? {
    stanzas.first { $0.file == file && $0.name == name }?.values
  }
}
