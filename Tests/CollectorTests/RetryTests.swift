// How long is waited, how often is tried, and that the quota holds.

import Glibc
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Waiting", .serialized)
struct RetryTests {
  private static let now = Instant(seconds: 1_770_000_000)

  @Test(
    "L02–L06 Retry-After is read in both spellings and made harmless",
    arguments: [
      (["0"], 0), (["120"], 120), (["99999999999999999999"], 3_600), (["-5"], nil), (["1e9"], nil), (["12.5"], nil),
      (["abc"], nil), ([""], nil), ([], nil), (["7", "30"], 30), (["x", "30"], 30),
      (["Mon, 02 Feb 2026 02:41:00 GMT"], 60), (["Monday, 02-Feb-26 02:41:00 GMT"], 60),
      (["Mon Feb  2 02:41:00 2026"], 60), (["Mon, 02 Feb 2026 02:00:00 GMT"], 0),
      (["Mon, 02 Feb 9999 02:41:00 GMT"], 3_600),
      (["Mon, 32 Feb 2026 02:41:00 GMT"], nil),
    ] as [([String], Int64?)])
  func retryAfter(_ values: [String], _ seconds: Int64?) {
    let response = Response(status: 429, headers: values.map { ("retry-after", $0) })
    #expect(RetryAfter.read(response, now: Self.now) == seconds.map { .seconds($0) })
  }

  @Test("L04 a date counts from the server's clock, not from this host's")
  func serverClock() {
    let response = Response(
      status: 429,
      headers: [("retry-after", "Mon, 02 Feb 2026 05:00:30 GMT"), ("date", "Mon, 02 Feb 2026 05:00:00 GMT")])
    #expect(RetryAfter.read(response, now: Self.now) == .seconds(30))
  }

  @Test("L01 without Retry-After a throttled request waits 60, 180 and 300 s, and is tried five times")
  func throttled() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer("{}", status: 429) }
    defer { stage.server.stop() }
    #expect(try await stage.failure().code == "source.throttled")
    #expect(stage.dataRequests == 5)
    let expected: [(Duration, Duration)] = [60, 180, 300, 300].map { (.seconds($0), .seconds($0 * 11 / 10 + 1)) }
    #expect(stage.time.sleeps.count == 4)
    for (slept, (least, most)) in zip(stage.time.sleeps, expected) { #expect(slept >= least && slept <= most) }
  }

  @Test(
    "answers that ask for patience are counted, each try's own, sign-in included",
    arguments: [(429, 6, 5), (503, 6, 5), (500, 6, 0), (404, 2, 0)])
  func throttles(_ status: Int, _ requests: Int, _ throttles: Int) async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer("{}", status: status)
    }
    defer { server.stop() }
    let source = try Sources.graph(server)
    await #expect(throws: Failure.self) { try await source.page(SourceScenario.window, after: nil) }
    #expect(source.requests == requests)
    #expect(source.throttles == throttles)
  }

  @Test("L06 a wait of an hour is left to the caller, with the peer's wish")
  func longWish() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in
      .answer("{}", status: 429, headers: ["Retry-After: 86400"])
    }
    defer { stage.server.stop() }
    #expect(try await stage.failure().recovery == .later(after: .seconds(3_600)))
    #expect(stage.dataRequests == 1)
    #expect(stage.time.sleeps.isEmpty)
  }

  @Test("a failing server is tried again after random waits under a doubling ceiling")
  func backOff() {
    let transport = RetryingTransport(base: Nowhere(), time: FakeTime().source, log: .silent, random: { 1 })
    let failure = Failure("source.busy", exit: .tryLater, "x", recovery: .later(after: nil))
    let waits = (1...9).map { transport.wait(failure, wish: nil, tried: $0).components.seconds }
    #expect(waits == [2, 4, 8, 16, 32, 64, 64, 64, 64])
    #expect(transport.wait(failure, wish: .zero, tried: 1) >= .seconds(1))
  }

  @Test("H24 a 500 that says that it is for ever is not tried again")
  func permanent() async throws {
    let body = try Samples.bytes("graph_error_500_start_over_90_days_innererror.json")
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer(body, status: 500) }
    defer { stage.server.stop() }
    #expect(try await stage.failure().recovery == .never)
    #expect(stage.dataRequests == 1)
  }

  @Test("a time-out of the legacy service is tried twice and then blamed on the window")
  func gatewayTimeout() async throws {
    let stage = try SourceStage(Dialects.reporting) { _, _ in .answer("{}", status: 504) }
    defer { stage.server.stop() }
    #expect(try await stage.failure().recovery == .smallerWindow)
    #expect(stage.dataRequests == 2)
  }

  @Test("G10 no span of 300 s ever sees more requests than the quota, across sources that share the file")
  func quota() async throws {
    let file = try TemporaryFile("torn\n12")
    defer { file.remove() }
    let time = FakeTime()
    let first = Quota(file: file.path, limit: 90)
    let second = Quota(file: file.path, limit: 90)
    var sent: [Instant] = []
    for number in 0..<400 {
      let quota = number % 2 == 0 ? first : second
      while let wait = try await quota.take(time.now) { time.advance(wait) }
      sent.append(time.now)
      if number % 7 == 0 { time.advance(.seconds(1)) }
    }
    for (earlier, later) in zip(sent, sent.dropFirst(90)) { #expect(later - earlier >= .seconds(300)) }
    #expect(time.now - Instant(seconds: 1_770_000_000) < .seconds(1_500))
  }

  @Test("a clock that goes back costs one span of waiting at most")
  func clockBack() async throws {
    let quota = Quota(file: nil, limit: 1)
    #expect(try await quota.take(Self.now) == nil)
    let wait = try await quota.take(Self.now - .seconds(86_400))
    #expect(wait == .seconds(300))
  }

  @Test("a quota file that cannot be kept is an error, not an open door")
  func quotaFile() async {
    let quota = Quota(file: "/nowhere/at/all", limit: 1)
    await #expect(throws: Failure.self) { try await quota.take(Self.now) }
  }
}

/// A transport that is never asked.
struct Nowhere: Transport {
  func send(_ request: Request) async throws(Failure) -> Response { throw .stopped }
}
