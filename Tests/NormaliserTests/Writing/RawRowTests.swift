// The profile raw: what a parser of the service's own rows needs is there, byte for byte, on one line, once.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Rows as they came")
struct RawRowTests {
  static let settings = NormaliserSettings(tenant: "contoso.onmicrosoft.com", isRaw: true)

  /// The columns that the parsers of Sekoia's two Office 365 message trace intakes read.
  static let parsed = [
    (
      "graph",
      [
        "status", "receivedDateTime", "messageId", "senderAddress", "recipientAddress", "subject", "size", "fromIP",
        "toIP",
      ]
    ),
    (
      "reporting",
      [
        "StartDate", "EndDate", "Received", "MessageTraceId", "Size", "Status", "FromIP", "MessageId", "SenderAddress",
        "RecipientAddress", "Organization", "Subject",
      ]
    ),
  ]

  @Test("a raw event has the columns that Sekoia's parsers read, as the service spelled them", arguments: parsed)
  func fields(_ shape: String, _ columns: [String]) throws {
    let values = columns.map { ($0, $0 == "Size" || $0 == "size" ? "25249" : #""\/Date(1769334559648)\/ <\#($0)>""#) }
    let row = "{" + values.map { "\"\($0.0)\" : \($0.1)" }.joined(separator: " ,\n ") + "}"
    let batch = try TestInput.batch(TestInput.page(rows: [row]), mapping: shape, settings: Self.settings)
    let line = String(decoding: batch.bytes, as: UTF8.self)
    #expect(line == "{" + values.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}\n")
    #expect(batch.entries.count == 1)
  }

  @Test("a raw row has the identity of the event, so that a repeat is known and another status is not")
  func identity() throws {
    let row =
      #"{"id":"T","recipientAddress":"a@b.example","status":"Delivered","receivedDateTime":"2026-01-25T09:49:19Z"}"#
    let raw = try TestInput.batch(TestInput.page(rows: [row]), mapping: "graph", settings: Self.settings)
    var mapped = Self.settings
    mapped.isRaw = false
    let event = try TestInput.batch(TestInput.page(rows: [row]), mapping: "graph", settings: mapped)
    #expect(raw.entries.map(\.identity) == event.entries.map(\.identity))
    let entry = try #require(raw.entries.first)
    #expect(String(decoding: raw.bytes[entry.status], as: UTF8.self) == "Delivered")
  }

  @Test("a message of the draft is one raw line, known by the status of each recipient, in any order")
  func draft() throws {
    func identity(_ recipients: [(String, String)]) throws -> Identity {
      let list = recipients.map { #"{"recipientEmail":"\#($0.0)","deliveryStatus":"\#($0.1)"}"# }
      let row = #"{"id":"T","recipients":[\#(list.joined(separator: ","))]}"#
      let batch = try TestInput.batch(TestInput.page(rows: [row]), mapping: "graph-2021", settings: Self.settings)
      #expect(batch.entries.count == 1 && batch.bytes.dropLast() == Array(row.utf8)[...])
      return try #require(batch.entries.first).identity
    }
    let first = try identity([("a@x", "Delivered"), ("b@x", "Pending")])
    #expect(try identity([("b@x", "Pending"), ("a@x", "Delivered")]) == first)
    #expect(try identity([("a@x", "Delivered"), ("b@x", "Delivered")]) != first)
  }

  @Test("a row that is no valid JSON leaves as an error event, one that is merely odd as it came")
  func odd() throws {
    let batch = try TestInput.batch(
      TestInput.page(rows: [#"{"id":"a\xb","recipientAddress":"r"}"#, #"{"id":true,"recipientAddress":"r"}"#]),
      mapping: "graph",
      settings: Self.settings)
    let lines = TestInput.lines(batch).map { String(decoding: $0, as: UTF8.self) }
    #expect(lines.count == 2 && batch.failed == 2)
    #expect(lines[0].contains("pipeline_error"))
    #expect(lines[1] == #"{"id":true,"recipientAddress":"r"}"# + "\n")
  }
}
