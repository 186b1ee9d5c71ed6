// The normaliser as the pipeline sees it: a page and a ledger in, a batch out.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Row normaliser")
struct RowNormaliserTests {
  private let row =
    #"{"id":"A1","recipientAddress":"Bob@Contoso.com","senderAddress":"a@b.example","status":"delivered","receivedDateTime":"2026-01-25T09:49:29.967Z"}"#

  @Test("event.id is the documented hash of tenant, trace id, recipient and status")
  func identity() throws {
    let settings = NormaliserSettings(tenant: "Contoso.onmicrosoft.com")
    let event = try #require(try TestInput.events([row], mapping: "graph", settings: settings).first)
    let digest = SHA256.digest(Array("contoso.onmicrosoft.com\na1\nbob@contoso.com\ndelivered".utf8))
    let hex = digest.prefix(16).map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    #expect(event["event.id"]?.string == hex.joined())
  }

  @Test("a row that the ledger contains is skipped and counted")
  func ledger() throws {
    let page = try TestInput.page(rows: [row, row])
    let batch = try TestInput.batch(page, mapping: "graph")
    #expect(batch.rows == 2)
    #expect(batch.duplicates == 1)
    #expect(batch.entries.count == 1)
    #expect(batch.entries.last?.end == batch.bytes.count)
    #expect(batch.entries.first?.received == Timestamp.parse("2026-01-25T09:49:29.967Z"))
  }

  @Test("a row without a time is marked for the ledger: it belongs to no window that can be told")
  func undated() throws {
    let other = row.replacing("A1", with: "A2").replacing("2026-01-25T09:49:29.967Z", with: "soon")
    let batch = try TestInput.batch(try TestInput.page(rows: [row, other]), mapping: "graph")
    #expect(batch.entries.map(\.isOutsideWindow) == [false, true])
    #expect(batch.entries.last?.received == TestInput.created)
  }
}
