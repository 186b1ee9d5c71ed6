// Splunk, Sekoia, Sentinel and any HTTPS service: nothing lost, at most the batch in doubt repeated.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Synchronization
internal import Testing

@testable import Sinks

@Suite("services behind HTTP") struct ServiceTests {
  static let services = [ReceivingService.splunk, .sekoia, .sentinel, .https]

  @Test("every row once, and a second pass adds nothing", arguments: services)
  func collected(service: ReceivingService) throws {
    let fixture = try HTTPFixture()
    for _ in 0..<2 {
      let outcome = try fixture.run(sink: fixture.sink(service))
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let verdict = fixture.verdict(service)
    #expect(verdict.isPerfect && verdict.events >= 100, "\(verdict)")
  }

  @Test(
    "what is refused for now is sent again, once", arguments: services,
    [Fault.throttled(.seconds(1)), .status(503), .bodyCap(20_000), .html])
  func refusedForNow(service: ReceivingService, fault: Fault) throws {
    let when = fault == .bodyCap(20_000) ? FaultRule.When.always : .requests(1...1)
    let fixture = try HTTPFixture(faults: [FaultRule(fault, on: ReceiverPath.of(service), when)])
    let outcome = try fixture.run(sink: fixture.sink(service))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(fixture.verdict(service).isPerfect, "\(fixture.verdict(service))")
  }

  @Test(
    "an answer lost after acceptance repeats at most the batch in doubt", arguments: services,
    [Fault.cut(0), .truncated])
  func lostAnswer(service: ReceivingService, fault: Fault) throws {
    // Half of an empty body is the whole answer.
    let fault = service == .sentinel ? Fault.cut(10) : fault
    let fixture = try HTTPFixture(faults: [FaultRule(fault, on: ReceiverPath.of(service), .requests(1...1))])
    let outcome = try fixture.run(sink: fixture.sink(service))
    #expect(outcome.status == 0, "\(outcome.errors)")
    var verdict = fixture.verdict(service)
    #expect(verdict.doubled > 0 && verdict.doubled < verdict.events / 2, "\(verdict)")
    verdict.doubled = 0
    #expect(verdict.isPerfect, "\(verdict)")
  }

  @Test(
    "what no retry can mend stops the sink with its exit status, and the next pass delivers everything once",
    arguments: services, [(Fault.status(401), Int32(77)), (.status(403), 77), (.status(404), 78)])
  func stopped(service: ReceivingService, answer: (Fault, Int32)) throws {
    // A refused token of Entra is replaced once.
    let rule = FaultRule.When.requests(service == .sentinel && answer.0 == .status(401) ? 1...2 : 1...1)
    let fixture = try HTTPFixture(faults: [FaultRule(answer.0, on: ReceiverPath.of(service), rule)])
    let outcome = try fixture.run(sink: fixture.sink(service))
    #expect(outcome.status == answer.1, "\(outcome.errors)")
    for secret in fixture.environment.values { #expect(!outcome.errors.contains(secret)) }
    let again = try fixture.run(sink: fixture.sink(service))
    #expect(again.status == 0, "\(again.errors)")
    #expect(fixture.verdict(service).isPerfect, "\(fixture.verdict(service))")
  }

  @Test("refused events are found and set aside, and every other event arrives once", arguments: services)
  func rejected(service: ReceivingService) throws {
    let fixture = try HTTPFixture(faults: [FaultRule(.refusedEvents("0a"), on: ReceiverPath.of(service))])
    let outcome = try fixture.run(sink: fixture.sink(service))
    #expect(outcome.status == 65, "\(outcome.errors)")
    let listed = try fixture.run(["state", "rejected", "--format", "json"], sink: fixture.sink(service))
    let ids = listed.lines.compactMap { (try? JSONValue(parsing: Array($0.utf8)))?["event"]?["event.id"]?.string }
    let verdict = fixture.verdict(service)
    #expect(!ids.isEmpty && Set(ids).count == verdict.lost && ids.count == verdict.lost, "\(verdict) \(ids.count)")
    // Splunk's: what stands before a refused event, for the sake of an acknowledgement.
    #expect(service == .splunk ? verdict.doubled < verdict.events / 2 : verdict.doubled == 0, "\(verdict)")
  }

  @Test(
    "an answer longer than 1 MiB is a failure of its request, which says so; the next pass delivers everything once",
    arguments: services)
  func longAnswer(service: ReceivingService) throws {
    let body = #"{"code":0,"a":["# + String(repeating: "[0],", count: 300_000) + "0]}"
    let answer = Fault.answer(200, type: "application/json", body: body)
    let fixture = try HTTPFixture(faults: [FaultRule(answer, on: ReceiverPath.of(service), .requests(1...5))])
    let outcome = try fixture.run(sink: fixture.sink(service, "?connections=1"))
    #expect(outcome.status == 76 && outcome.errors.contains("sink.http.too_large"), "\(outcome.errors)")
    #expect(outcome.errors.contains("exceeds 1024 KiB"), "\(outcome.errors)")
    #expect(try fixture.run(sink: fixture.sink(service)).status == 0)
    #expect(fixture.verdict(service).isPerfect, "\(fixture.verdict(service))")
  }
}

@Suite("splunk's acknowledgement") struct SplunkAcknowledgementTests {
  private static let events = "/services/collector/event"

  @Test(
    "what the indexer does not confirm is sent again: forgotten events once, stored ones once more",
    arguments: [Fault.forgotten, .neverConfirmed])
  func unconfirmed(fault: Fault) throws {
    let fixture = try HTTPFixture(faults: [FaultRule(fault, on: Self.events, .requests(1...1))])
    let outcome = try fixture.run(sink: fixture.sink(.splunk, "?ack-timeout=1"))
    #expect(outcome.status == 75 && outcome.errors.contains("sink.splunk.not_indexed"), "\(outcome.errors)")
    let again = try fixture.run(sink: fixture.sink(.splunk, "?ack-timeout=30"))
    #expect(again.status == 0, "\(again.errors)")
    var verdict = fixture.verdict(.splunk)
    #expect((verdict.doubled > 0) == (fault == .neverConfirmed), "\(verdict)")
    verdict.doubled = 0
    #expect(verdict.isPerfect, "\(verdict)")
  }

  @Test("an acknowledgement that is told once and lost on its way repeats the batch in doubt")
  func lost() throws {
    let fixture = try HTTPFixture(faults: [FaultRule(.cut(0), on: "/services/collector/ack", .requests(1...1))])
    let outcome = try fixture.run(sink: fixture.sink(.splunk, "?ack-timeout=1"))
    #expect(outcome.status == 75, "\(outcome.errors)")
    #expect(try fixture.run(sink: fixture.sink(.splunk)).status == 0)
    var verdict = fixture.verdict(.splunk)
    #expect(verdict.doubled > 0 && verdict.doubled < verdict.events / 2, "\(verdict)")
    verdict.doubled = 0
    #expect(verdict.isPerfect)
  }

  @Test(
    "what stands before a refused event counts only once its own acknowledgement is true", arguments: [true, false])
  func beforeRefused(isForgotten: Bool) async throws {
    var faults = [FaultRule(.refusedEvents("1-4"), on: Self.events)]
    if isForgotten { faults.append(FaultRule(.forgotten, on: Self.events, .requests(1...1))) }
    let fixture = try HTTPFixture(messages: 1, faults: faults)
    let spec = try SinkSpec(parsing: fixture.sink(.splunk, "?connections=1")).withSecrets(fixture.environment)
    let disk = ProgressTests.FullDisk()
    disk.isFull.withLock { $0 = false }
    let sink = try spec.makeSink(SinkContext(log: .silent, time: .quick, deadLetters: disk))
    _ = try await sink.deliver(SinkContract.entry(1), from: SinkPosition(sequence: 0))
    // Four of them come twice where the collector has kept them.
    #expect(fixture.server.receipt(.splunk).count == (isForgotten ? 6 : 10) && disk.kept.withLock { $0 } == 1)
  }

  @Test("nothing is repeated where the refusing answer has an acknowledgement number, or the token has none at all")
  func acknowledgedBeforeRefused() throws {
    for hasAcknowledgement in [true, false] {
      let fixture = try HTTPFixture(faults: [FaultRule(.refusedEvents("0a"), on: Self.events)]) {
        $0.hasAcknowledgement = hasAcknowledgement
        $0.acknowledgesBeforeRefused = hasAcknowledgement
      }
      let outcome = try fixture.run(sink: fixture.sink(.splunk, "?connections=1"))
      #expect(outcome.status == 65, "\(outcome.errors)")
      let verdict = fixture.verdict(.splunk)
      let count = try refused(fixture)
      #expect(verdict.doubled == 0 && verdict.lost == count, "\(verdict)")
    }
  }

  private func refused(_ fixture: borrowing HTTPFixture) throws -> Int {
    try fixture.run(["state", "rejected"], sink: fixture.sink(.splunk)).lines.count
  }

  @Test("a clock that is set ahead during the wait ends no wait")
  func clockAhead() async throws {
    let busy = FaultRule(.status(503), on: "/services/collector/ack", .requests(1...3))
    let fixture = try HTTPFixture(messages: 1, faults: [busy])
    let spec = try SinkSpec(parsing: fixture.sink(.splunk)).withSecrets(fixture.environment)
    let hours = Locked(0)
    let time = TimeSource(
      now: {
        hours.update { $0 += 1 }
        return Instant(seconds: 1_790_000_000 + Int64(hours.value) * 3_600)
      }, sleep: { _ in })
    let position = try await spec.makeSink(log: .silent, time: time).deliver(
      SinkContract.entry(1), from: SinkPosition(sequence: 0))
    #expect(position.sequence == 1 && fixture.server.receipt(.splunk).count == 7)
  }

  @Test("a token without acknowledgement is said once, and 200 counts")
  func without() throws {
    let fixture = try HTTPFixture { $0.hasAcknowledgement = false }
    let outcome = try fixture.run(sink: fixture.sink(.splunk))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.ranges(of: "sink.splunk.no_ack").count == 1, "\(outcome.errors)")
    #expect(fixture.verdict(.splunk).isPerfect)
    let quiet = try HTTPFixture { $0.hasAcknowledgement = false }
    #expect(try quiet.run(sink: quiet.sink(.splunk, "?ack=none")).errors.isEmpty)
  }
}
