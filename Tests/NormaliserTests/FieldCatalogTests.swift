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
    _ = try Normaliser(mapping: mapping, settings: NormaliserSettings())
  }

  @Test("a golden event holds only fields of the catalog, typed as it says", arguments: GoldenCase.all)
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
    for part in ["x.json", "no.such", "email.from.address: it takes a list", "event.kind: odd"] {
      #expect(failure.sentence.contains(part))
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
