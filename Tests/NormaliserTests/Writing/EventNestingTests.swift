// Nested events: the same values as the flat ones, and status and outcome where the batch says that they are.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Nested events")
struct EventNestingTests {
  private static func settings(nested: Bool) -> NormaliserSettings {
    NormaliserSettings(
      tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"], keepOriginal: true, foldColumns: true,
      recipient: "bob@contoso.com", isNested: nested)
  }

  /// Each value of a nested event under its dotted name.
  private static func flat(_ value: JSONValue, _ path: String = "") -> [(String, String)] {
    if path == "additional" {
      return (value.members ?? []).map { ("additional.fields.\($0.key)", $0.value.text) }
    }
    if path == "security_result.action" { return [(path, value.array?.first?.text ?? value.text)] }
    let object = path == "security_result" ? value.array?.first ?? value : value
    guard let members = object.members else { return [(path, value.text)] }
    return members.flatMap { flat($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
  }

  @Test(
    "every golden input gives nested events with exactly the values of the flat ones, wherever its columns are odd",
    arguments: GoldenCase.all.filter {
      ["graph", "reporting", "graph-2021", "graph-detail", "reporting-detail"].contains($0.mapping)
    })
  func same(_ golden: GoldenCase) throws {
    let mapping = golden.mapping.hasSuffix("-detail") ? "udm-flat-detail" : "udm-flat"
    let page = try TestInput.page(try #require(golden.bytes(golden.file)))
    let flat = try TestInput.batch(page, mapping: mapping, settings: Self.settings(nested: false))
    let nested = try TestInput.batch(page, mapping: mapping, settings: Self.settings(nested: true))
    #expect(flat.entries.map(\.identity) == nested.entries.map(\.identity))
    #expect(flat.failed == nested.failed && flat.weak == nested.weak)
    for (left, right) in zip(TestInput.lines(flat), TestInput.lines(nested)) {
      let expected = try #require(try JSONValue(parsing: left).members).map { "\($0.key)=\($0.value.text)" }
      let found = Self.flat(try JSONValue(parsing: right)).map { "\($0)=\($1)" }
      #expect(found.sorted() == expected.sorted())
    }
    #expect(Self.statuses(nested) == Self.statuses(flat))
  }

  /// What the batch says of each event.
  private static func statuses(_ batch: Batch) -> [String] {
    var start = 0
    return batch.entries.map { entry in
      defer { start = entry.end }
      let text = batch.bytes[(start + entry.status.lowerBound)..<(start + entry.status.upperBound)]
      return "\(String(decoding: text, as: UTF8.self)) \(entry.outcome)"
    }
  }

  @Test("a line that does not fit the buffer at first is the same as one that does")
  func small() throws {
    let row =
      #"{"id":"1","recipientAddress":"b@c.example","receivedDateTime":"2026-01-01T00:00:00Z","status":"failed","x":"y"}"#
    let page = try TestInput.page(rows: Array(repeating: row, count: 3))
    let normaliser = try RowNormaliser(
      mapping: try TestInput.mapping("udm-flat"), settings: Self.settings(nested: true))
    var batches: [[UInt8]] = []
    for room in [64, 700, 1 << 16] {
      var batch = Batch()
      var ledger = OpenLedger()
      normaliser.normalise(page, created: TestInput.created, into: &batch, ledger: &ledger, room: room)
      batches.append(batch.bytes)
    }
    #expect(batches[0] == batches[2] && batches[1] == batches[2] && !batches[0].isEmpty)
  }

  @Test("names that would be a value and an object are refused, and columns outside the open object")
  func clashes() throws {
    func mistakes(_ nested: String, _ others: String) -> String {
      let text = """
        {"name":"x","identity":{"trace":"a","recipient":"b","status":"c","received":"d"},"others":"\(others)",
        "nested":\(nested),"event":[{"to":"p","from":"a"},{"to":"p.q","from":"b"}],
        "failed":[{"to":"p","from":"$reason"}]}
        """
      do throws(Failure) {
        _ = try Mapping(parsing: Array(text.utf8), file: "x.json")
        return ""
      } catch { return error.sentence }
    }
    #expect(mistakes(#"{"open":{"o":"o"}}"#, "o").contains("p.q is below a field that has a value"))
    #expect(mistakes(#"{"lists":["p"]}"#, "o").contains("must hold `others`"))
    #expect(mistakes(#"{"list":["p"]}"#, "o").contains("did you mean lists?"))
    #expect(mistakes(#"{"open":{"o":"o","p":"p"}}"#, "o").contains("must have one member"))
  }

  @Test("a mapping without `nested` cannot be nested")
  func flatOnly() throws {
    let mapping = try TestInput.mapping("graph")
    let failure = #expect(throws: Failure.self) {
      try RowNormaliser(mapping: mapping, settings: Self.settings(nested: true))
    }
    #expect(failure?.exit == .configuration && failure?.hint?.contains("--profile udm-flat") == true)
  }
}
