// Every name in every mapping and in every golden event is one that fields.json knows, with the type that it says.

import Foundation
import IntakeCore
import Mappings
import Testing

@testable import Normaliser

@Suite("Field catalog")
struct FieldCatalogTests {
  static let mappings = EmbeddedMapping.all.map(\.file).filter { $0 != "fields.json" }

  static func catalog() throws -> FieldCatalog {
    let file = try #require(EmbeddedMapping.all.first { $0.file == "fields.json" })
    return try FieldCatalog(parsing: Array(file.text.utf8), file: file.file)
  }

  @Test("a mapping of ours names only fields that the catalog knows", arguments: mappings)
  func embedded(_ file: String) throws {
    let name = String(file.dropLast(".json".count))
    let mapping = try TestInput.mapping(name)
    #expect(mapping.name == name)
    #expect(!mapping.about.isEmpty)
    try Self.catalog().check(mapping, file: file)
    _ = try RowNormaliser(mapping: mapping, settings: NormaliserSettings())
  }

  @Test(
    "a golden event holds only fields of the catalog, typed as it says",
    arguments: GoldenCase.all.filter { !$0.isRaw })
  func golden(_ golden: GoldenCase) throws {
    let catalog = try Self.catalog()
    let bytes = golden.bytes("\(golden.stem).out.ndjson") ?? []
    for line in bytes.split(separator: 0x0A) {
      for member in try #require(try JSONValue(parsing: Array(line)).members) {
        #expect(catalog.allows(member.key), "\(member.key)")
        guard let field = catalog.fields[member.key] else { continue }
        #expect((member.value.array != nil) == field.isArray, "\(member.key)")
        for value in member.value.array ?? [member.value] { expect(value, is: field, member.key) }
      }
    }
  }

  @Test("the catalog explains every tag that an event may carry")
  func tags() throws {
    let catalog = try Self.catalog()
    #expect(Set(RowFlags.names + ["message-trace"]) == Set(catalog.tags.keys))
    #expect(catalog.tags.values.allSatisfy { $0.hasSuffix(".") })
  }

  @Test("a mapping with unknown names, lists and values is refused with all of them named")
  func refusal() throws {
    let text = """
      {"name":"x","identity":{"trace":"a","recipient":"b","status":"c","received":"d"},
      "event":[{"to":"no.such","from":"a"},{"to":"email.from.address","from":"b"},{"to":"event.kind","constant":"odd"}],
      "failed":[{"to":"event.id","from":"$identity"}]}
      """
    let mapping = try Mapping(parsing: Array(text.utf8), file: "x.json")
    let failure = try #require(throws: Failure.self) { try Self.catalog().check(mapping, file: "x.json") }
    #expect(failure.exit == .configuration)
    for part in ["x.json", "no.such", "email.from.address: expects a list", "event.kind: odd"] {
      #expect(failure.sentence.contains(part))
    }
  }

  private static let file = """
    {"name":"x","lookups":{"l":{"*":"other"}},"others":"mine","fields":{"own.score":{"type":"long"},"own.bad":{"type":"x"}},
    "identity":{"trace":"a","recipient":"b","status":"c","received":"d"},"event":[%],
    "failed":[{"to":"event.id","from":"$identity"}]}
    """

  @Test(
    "each rule that does not fit its field is refused with its place and what the field takes",
    arguments: [
      (#"{"to":"sourc.ip","from":"a"}"#, "event[0].to: sourc.ip: no such field (did you mean source.ip?)"),
      (#"{"to":"source.ip","from":"a"}"#, "source.ip: expects an IP address, the rule produces a string"),
      (#"{"to":"source.ip","from":"a","as":"ip","else":"nowhere"}"#, "event[0].else: nowhere: no such field"),
      (#"{"to":"source.ip","from":"a","as":"ip","else":"tags"}"#, "event[0].else: tags: cannot hold arbitrary text"),
      (#"{"to":"@timestamp","from":"d"}"#, "@timestamp: expects a time, the rule produces a string"),
      (#"{"to":"@timestamp","from":["$received","d"]}"#, "@timestamp: expects a time, the rule produces a string"),
      (
        #"{"to":"email.subject","from":"a","as":"integer"}"#,
        "email.subject: expects a string, the rule produces a whole number"
      ),
      (#"{"to":"own.score","from":"a"}"#, "own.score: expects a whole number, the rule produces a string"),
      (#"{"to":"email.subject","constant":7}"#, "email.subject: expects a string, the rule produces a whole number"),
      (#"{"to":"email.subject","from":"a","as":"list"}"#, "email.subject: expects a single value"),
      (#"{"to":"tags","from":"a"}"#, "tags: expects a list"),
      (#"{"to":"event.kind","constant":"odd"}"#, "event.kind: odd is not one of"),
      (#"{"to":"event.id","from":"$identity"}"#, "fields.own.bad.type: must be one of date, keyword"),
    ])
  func misfit(_ rule: String, _ expected: String) throws {
    let text = Self.file.replacing("%", with: rule)
    let catalog = try Self.catalog()
    let failure = try #require(throws: Failure.self) {
      try Mapping(parsing: Array(text.utf8), file: "x.json", catalog: catalog)
    }
    #expect(failure.sentence.contains(expected), "\(failure.sentence)")
  }

  @Test(
    "a rule that fits its field passes: the catalog's, the file's own, and any below `others`",
    arguments: [
      #"{"to":"source.ip","from":"a","as":"ip","else":"mine.source"}"#,
      #"{"to":"@timestamp","from":"d","as":"timestamp"}"#,
      #"{"to":"@timestamp","from":["$received","$created"]}"#, #"{"to":"own.score","from":"a","as":"integer"}"#,
      #"{"to":"own.score","constant":7}"#, #"{"to":"related.ip","from":["a","b"],"as":["ip","list"]}"#,
      #"{"to":"mine.anything","from":"a"}"#, #"{"to":"email.subject","from":"d","as":"timestamp"}"#,
      #"{"to":"tags","constant":["message-trace"]}"#, #"{"to":"mine.lengths","from":"$cut.lengths"}"#,
    ])
  func fits(_ rule: String) throws {
    let text = Self.file.replacing("%", with: rule).replacing(#","own.bad":{"type":"x"}"#, with: "")
    let mapping = try Mapping(parsing: Array(text.utf8), file: "x.json", catalog: try Self.catalog())
    #expect(mapping.fields.keys.sorted() == ["own.score"])
  }

  @Test("mistakes of the file and of its fields are named together")
  func together() throws {
    let text = Self.file.replacing("%", with: #"{"to":"no.such","from":"$nobody"},{"to":"source.ip"}"#)
    let catalog = try Self.catalog()
    let failure = try #require(throws: Failure.self) {
      try Mapping(parsing: Array(text.utf8), file: "x.json", catalog: catalog)
    }
    for part in ["no.such: no such field", "unknown value $nobody", "event[1]: set exactly one of", "fields.own.bad"] {
      #expect(failure.sentence.contains(part), "\(part) in \(failure.sentence)")
    }
  }

  private func expect(_ value: JSONValue, is field: FieldCatalog.Field, _ name: String) {
    switch field.kind {
    case .long: #expect(value.string == nil && value.integer != nil, "\(name)")
    case .date: #expect(value.string.map { $0.utf8.count == 24 && Timestamp.parse($0) != nil } == true, "\(name)")
    case .ip:
      let bytes = Array((value.string ?? "").utf8)
      #expect(IPText.isValid(unsafe bytes.span.bytes, 0, bytes.count), "\(name)")
    case .keyword, .wildcard, .text: #expect(value.string != nil, "\(name)")
    }
    if !field.allowed.isEmpty { #expect(field.allowed.contains(value.string ?? ""), "\(name)") }
  }
}
