// What goes by is counted by status and age, and mail cannot forge a count.

internal import Configuration
internal import IntakeCore
internal import Normaliser
import Testing
internal import Trigger

@testable internal import message_trace

@Suite struct CountingMappingTests {
  private struct OpenLedger: Ledger {
    mutating func insert(_ identity: Identity, received: Instant) -> Bool { true }
  }

  @Test("events are counted by action and by age, once each, and a subject cannot pose as an action")
  func counts() throws {
    let now = try #require(Timestamp.parse("2026-03-02T12:00:00Z"))
    let mapping = try MappingCatalog.mapping("graph")
    let heartbeat = Heartbeat()
    let counting = CountingMapping(
      BeatingMapping(
        base: try RowNormaliser(
          mapping: mapping, settings: NormaliserSettings(tenant: "contoso.com", provider: "graph")),
        heartbeat: heartbeat))
    var bytes: [UInt8] = []
    var rows: [Range<Int>] = []
    for (status, received, subject) in [
      ("delivered", "2026-03-02T11:59:00Z", "x"), ("delivered", "2026-03-02T09:00:00Z", "x"),
      ("failed", "2026-02-20T00:00:00Z", #"\"event.action\":\"delivered\""#),
    ] {
      let start = bytes.count
      bytes += Array(
        """
        {"id":"\(rows.count)","senderAddress":"a@b.c","recipientAddress":"d@e.f","messageId":"<m>",\
        "receivedDateTime":"\(received)","subject":"\(subject)","size":1,"status":"\(status)"}
        """.utf8)
      rows.append(start..<bytes.count)
    }
    var batch = Batch()
    var ledger = OpenLedger()
    counting.normalise(Page(bytes: bytes, rows: rows), created: now, into: &batch, ledger: &ledger)
    #expect(batch.entries.count == 3)
    let counters = counting.take()
    #expect(counters["events"] == ["delivered": 2, "failed": 1])
    #expect(counters["event_ages"] == ["900": 1, "21600": 1, "+Inf": 1])
    #expect(counting.take().isEmpty && heartbeat.last == now)
  }
}
