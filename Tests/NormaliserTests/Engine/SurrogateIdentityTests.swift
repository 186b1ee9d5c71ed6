// Rows that differ only in half a surrogate pair are different rows, though their texts come out alike.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Identity of rows with lone surrogates")
struct SurrogateIdentityTests {
  private static let halves =
    ["d800", "d801", "DBFF", "dc00", "dfff"].map { "\\u\($0)" } + ["\\ufffd", "\u{FFFD}", "?"]

  private static func identities(_ rows: [String], _ mapping: String = "graph") throws -> [Identity] {
    let settings = NormaliserSettings(tenant: "t.example")
    let normaliser = try RowNormaliser(mapping: try TestInput.mapping(mapping), settings: settings)
    var batch = Batch()
    var ledger = OpenLedger()
    normaliser.normalise(try TestInput.page(rows: rows), created: TestInput.created, into: &batch, ledger: &ledger)
    #expect(batch.failed == 0)
    return batch.entries.map(\.identity)
  }

  private static func row(id: String = "i", to: String = "r@x", status: String = "failed", more: String = "") -> String
  {
    let time = #""receivedDateTime":"2026-01-01T00:00:00Z""#
    return #"{"id":"\#(id)","recipientAddress":"\#(to)",\#(time),"status":"\#(status)"\#(more)}"#
  }

  /// As DESIGN defines it, with a lone surrogate in the three bytes that UTF-8 would have for it.
  private static func hash(_ parts: [[UInt8]]) -> Identity {
    var hash = SHA256()
    for byte in parts.joined(separator: [0x0A]) { hash.update(byte) }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }

  @Test("each column of the identity tells them apart", arguments: ["id", "to", "status", "none"])
  func columns(_ column: String) throws {
    let rows = Self.halves.map { half in
      switch column {
      case "id": Self.row(id: "A\(half)b")
      case "to": Self.row(to: "a\(half)@x")
      case "status": Self.row(status: "odd\(half)")
      default: #"{"receivedDateTime":"2026-01-01T00:00:00Z","status":"failed","subject":"\#(half)"}"#
      }
    }
    let found = try Self.identities(rows)
    // The escape of U+FFFD and the character itself are one spelling of the same text.
    #expect(found[5] == found[6])
    #expect(Set(found).count == rows.count - 1)
  }

  @Test("details too, by their event and their time's text")
  func details() throws {
    let rows = Self.halves.map {
      #"{"id":"i","recipientAddress":"a@x","date":"2026-01-01T00:00:00Z","event":"Fail\#($0)","description":"d"}"#
    }
    #expect(Set(try Self.identities(rows, "graph-detail")).count == rows.count - 1)
  }

  @Test("the message that is hashed holds the code unit as WTF-8")
  func message() throws {
    let found = try Self.identities([Self.row(id: "A\\ud800b", to: "\\uDFFF@X")])
    let trace: [UInt8] = [0x61, 0xED, 0xA0, 0x80, 0x62]
    let recipient: [UInt8] = [0xED, 0xBF, 0xBF, 0x40, 0x78]
    #expect(found == [Self.hash([Array("t.example".utf8), trace, recipient, Array("failed".utf8)])])
  }

  @Test("a lone surrogate elsewhere, a whole pair and other escapes leave the identity as it is")
  func others() throws {
    let plain = try Self.identities([Self.row(id: "i😀", to: "é@x")])
    let escaped = try Self.identities([
      Self.row(id: "i\\ud83d\\uDE00", to: "\\u00e9@x"), Self.row(id: "i😀", to: "é@x", more: #","subject":"\ud800""#),
      Self.row(id: "i\\ud83d\\ude00", to: "\\u00E9@x", more: #","subject":"\udc00""#),
    ])
    #expect(escaped.allSatisfy { [$0] == plain })
    #expect(plain == [Self.hash(["t.example", "i😀", "é@x", "failed"].map { Array($0.utf8) })])
  }
}
