// Retry-After and the waits between tries.

import IntakeCore
import IntakeTesting
import Testing

@testable import HTTPTransport

@Suite("RetryingTransport")
struct RetryingTransportTests {
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

  @Test("a failing server is tried again after random waits under a doubling ceiling")
  func backOff() {
    let transport = RetryingTransport(base: Nowhere(), time: ManualClock().source, log: .silent, random: { 1 })
    let failure = Failure("source.busy", exit: .tryLater, "x", recovery: .later(after: nil))
    let waits = (1...9).map { transport.wait(failure, retryAfter: nil, tried: $0).components.seconds }
    #expect(waits == [2, 4, 8, 16, 32, 64, 64, 64, 64])
    #expect(transport.wait(failure, retryAfter: .zero, tried: 1) >= .seconds(1))
  }
}

/// A transport that is never asked.
struct Nowhere: Transport {
  func send(_ request: Request) async throws(Failure) -> Response { throw .stopped }
}
