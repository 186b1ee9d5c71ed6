// An answer whose values were found with its rows gives the events that the same rows give when each is scanned.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Rows whose values are known already")
struct CellsTests {
  private static let texts = [
    #""""#, #""<>""#, #""A.b@Mail.Example""#, #""a@b@c""#, #""x@y.example;z@y.example""#, #""q\"uote""#, #""é ü""#,
    "\"\u{7F}\"",
    #""192.0.2.1""#, #""255.255.255.255""#, #""2001:db8::1""#, #""2026-01-01T00:00:00Z""#, #""/Date(1659020996164)/""#,
    #""delivered""#, #""Filtered As Spam""#, "null", "0", "17", "007", "-5", "1.0", "1e3", "true", "false", "[1]",
    #"{"k":"v"}"#,
    #""\#(String(repeating: "long ", count: 7_000))""#, #""\ud800""#, "99999999999999999999", "12x",
  ]
  private static let graph = [
    "id", "senderAddress", "recipientAddress", "messageId", "receivedDateTime", "subject", "size", "fromIP", "toIP",
    "status",
  ]
  private static let reporting = [
    "Organization", "MessageId", "Received", "SenderAddress", "RecipientAddress", "Subject", "Status", "ToIP", "FromIP",
    "Size", "MessageTraceId", "StartDate", "EndDate", "Index",
  ]

  private static func row(_ columns: [String], _ number: Int, _ random: inout SeededRandom) -> String {
    let usual = #""\#(number)@mail.example""#
    var members = columns.map { "\"\($0)\":\(random.chance(12) ? random.pick(texts) : usual)" }
    if random.chance(5) { members.append(#""extra":"e""#) }
    if random.chance(5) { members.swapAt(0, members.count - 1) }
    return "{\(members.joined(separator: random.chance(5) ? " , " : ","))}"
  }

  private static func events(_ page: Page, _ normaliser: RowNormaliser) -> (bytes: [UInt8], batch: Batch) {
    var batch = Batch()
    var ledger = OpenLedger()
    normaliser.normalise(page, created: TestInput.created, into: &batch, ledger: &ledger)
    return (batch.bytes, batch)
  }

  @Test(
    "random rows give the same bytes and entries with known values as without", arguments: 0..<12,
    ["graph", "reporting"])
  func same(_ seed: Int, _ service: String) throws {
    let settings = NormaliserSettings(tenant: "contoso.example", localDomains: ["mail.example"])
    let normaliser = try RowNormaliser(mapping: try TestInput.mapping(service), settings: settings)
    var random = SeededRandom(seed: UInt64(seed))
    let columns = service == "graph" ? Self.graph : Self.reporting
    let rows = (0..<200).map { Self.row(columns, $0, &random) }
    let bytes = Array("{\"value\":[\(rows.joined(separator: ","))]}".utf8)
    let envelope = try #require(try Envelope(bytes))
    let known = Page(bytes: bytes, rows: envelope.rows, cells: envelope.cells)
    let plain = Page(bytes: bytes, rows: envelope.rows)
    #expect(envelope.rows.indices.contains { envelope.cells.first($0, envelope.rows[$0]) != nil })
    let (left, right) = (Self.events(known, normaliser), Self.events(plain, normaliser))
    #expect(left.bytes == right.bytes)
    #expect(left.batch.entries == right.batch.entries)
    #expect(left.batch.failed == right.batch.failed && left.batch.weak == right.batch.weak)
  }
}
