// What answers say of single events: taken, refused, or to be sent again.

internal import HTTPTransport
internal import IntakeCore
internal import Testing

@testable import Sinks

@Suite("a batch on its way over HTTP") struct EntryDeliveryTests {
  private func delivery(_ count: Int, most: Int = 2) -> EntryDelivery {
    var entry = JournalEntry(sequence: 1, bytes: [], entries: [], cursors: [:])
    for number in 0..<count {
      entry.bytes += Array("{}\n".utf8)
      let identity = Identity(high: 1, low: UInt64(number))
      entry.entries.append(Batch.Entry(identity: identity, received: Instant(ticks: 0), end: entry.bytes.count))
    }
    let limits = HTTPLimits(events: most, bytes: 1_000, overhead: 0)
    return EntryDelivery(entry, limits, HTTPReceiver().progress(of: entry), HTTPReceiver.Facts())
  }

  @Test("a receipt that is given out twice confirms neither request: a restart or a balancer numbers anew")
  func repeatedReceipt() throws {
    let delivery = delivery(8)
    for receipt in [0, 1, 0, 0] as [UInt64] {
      let request = delivery.next() ?? [6, 7]
      _ = delivery.settle(request, .taken(receipt: receipt))
    }
    #expect(delivery.failure?.code.rawValue == "sink.splunk.ack" && delivery.failure?.exit == .tryLater)
    delivery.confirm([0, 1])
    #expect(delivery.progress.taken == [false, false, true, true, false, false, false, false])
    #expect(!delivery.isComplete)
  }

  @Test("what stands before a refused event waits for its receipt, too")
  func mixedReceipt() throws {
    let delivery = delivery(2)
    let request = try #require(delivery.next())
    let refusal = Refusal(index: 1, kind: "x", reason: "y")
    _ = delivery.settle(request, .mixed(refused: [refusal], again: [], reason: nil, receipt: 7))
    #expect(delivery.progress.taken == [false, false] && !delivery.isComplete && delivery.receipts == [7])
    delivery.confirm([7])
    #expect(delivery.progress.taken == [true, false] && delivery.isComplete)
  }

  @Test(
    "what an answer calls taken without a receipt counts only where the service gives out none", arguments: [7, nil])
  func noReceipt(receipt: UInt64?) throws {
    let delivery = delivery(4)
    let first = try #require(delivery.next())
    let refusal = Refusal(index: 1, kind: "x", reason: "y")
    _ = delivery.settle(first, .mixed(refused: [refusal], again: [], reason: nil, lacksReceipt: true))
    #expect(delivery.progress.taken == [false, false, false, false])
    _ = delivery.settle(try #require(delivery.next()), .taken(receipt: receipt))
    #expect(delivery.progress.taken == [receipt == nil, false, receipt == nil, receipt == nil])
    // Where there are receipts, it is sent again by itself.
    #expect(delivery.next() == (receipt == nil ? nil : [0]))
  }

  @Test(
    "each refused event of a request costs those before it one repeat at most",
    arguments: [[3], [3, 9, 15], [0, 1, 19], [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]])
  func repeats(refused: [Int]) {
    let delivery = delivery(20, most: 20)
    var taken = [Int](repeating: 0, count: 20)
    var receipts: Set<UInt64> = []
    while let request = delivery.next() {
      let place = request.firstIndex { refused.contains($0) } ?? request.count
      for index in request[..<place] { taken[index] += 1 }
      guard place < request.count else {
        receipts.insert(UInt64(receipts.count))
        _ = delivery.settle(request, .taken(receipt: UInt64(receipts.count - 1)))
        continue
      }
      let refusal = Refusal(index: place, kind: "x", reason: "y")
      let rest = Array((place + 1)..<request.count)
      _ = delivery.settle(request, .mixed(refused: [refusal], again: rest, reason: nil, lacksReceipt: true))
    }
    delivery.confirm(receipts)
    #expect(delivery.isComplete && delivery.progress.refused.count == refused.count)
    let others = taken.indices.filter { !refused.contains($0) }
    #expect(others.allSatisfy { (1...2).contains(taken[$0]) }, "\(taken)")
  }

  @Test("a busy collector that says how far it came gets only the rest again")
  func busy() throws {
    let target = try #require(try SinkText("splunk://siem:8088").map { try HTTPTarget($0) })
    let request = Request(.get, target.dialect.address, purpose: "Sending")
    func verdict(_ status: Int, _ body: String) throws -> HTTPVerdict? {
      try target.dialect.verdict(Response(status: status, headers: [], body: Array(body.utf8)), on: request, count: 4)
    }
    let busy = try verdict(503, #"{"text":"Server is busy","code":9,"invalid-event-number":3}"#)
    guard case .mixed(let refused, let again, let reason, _, true)? = busy else {
      Issue.record("\(String(describing: busy))")
      return
    }
    #expect(refused.isEmpty && again == [3] && reason?.exit == .tryLater)
    for body in [#"{"code":9}"#, #"{"code":9,"invalid-event-number":0}"#, #"{"code":9,"invalid-event-number":9}"#] {
      #expect(try verdict(503, body) == nil)
    }
  }

  @Test("statuses that concern no event never set one aside", arguments: [402, 406, 411, 415, 421, 426, 431, 451])
  func ofTheService(_ status: Int) throws {
    let address = try #require(WebAddress("https://siem/"))
    let request = Request(.get, address, purpose: "Sending")
    let response = Response(status: status, headers: [], body: [])
    let failure = #expect(throws: Failure.self) {
      try StatusMeaning.verdict(response, on: request, now: Instant(ticks: 0))
    }
    #expect(failure?.code.rawValue == "sink.http.refused" && failure?.exit == .configuration)
  }

  @Test("a cluster that may have no more shards takes the events later, and more answers than events are none")
  func bulk() throws {
    let address = try #require(WebAddress("https://siem/"))
    let request = Request(.get, address, purpose: "Sending")
    let full =
      #"{"items":[{"create":{"status":400,"error":{"type":"validation_exception"}}},{"create":{"status":201}}]}"#
    let answer = try #require(BulkAnswer(Array(full.utf8), count: 2))
    guard case .mixed(let refused, let again, _, _, false) = try answer.verdict(request) else {
      Issue.record("not mixed")
      return
    }
    #expect(refused.isEmpty && again == [0])
    #expect(BulkAnswer(Array(full.utf8), count: 1) == nil)
  }
}
