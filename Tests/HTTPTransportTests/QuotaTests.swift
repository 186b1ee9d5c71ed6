// The quota holds across processes and clock changes.

import IntakeCore
import IntakeTesting
import Testing

@testable import HTTPTransport

@Suite("Quota", .serialized)
struct QuotaTests {
  private static let now = Instant(seconds: 1_770_000_000)

  @Test("G10 no span of 300 s ever sees more requests than the quota, across sources that share the file")
  func quota() async throws {
    let folder = try ScratchFolder()
    try folder.write("torn\n12", to: "quota")
    let time = ManualClock()
    let first = Quota(file: folder("quota"), limit: QuotaLimit(requests: 90))
    let second = Quota(file: folder("quota"), limit: QuotaLimit(requests: 90))
    var sent: [Instant] = []
    for number in 0..<400 {
      let quota = number % 2 == 0 ? first : second
      while let wait = try await quota.take(time.now) { time.advance(by: wait) }
      sent.append(time.now)
      if number % 7 == 0 { time.advance(by: .seconds(1)) }
    }
    for (earlier, later) in zip(sent, sent.dropFirst(90)) { #expect(later - earlier >= .seconds(300)) }
    #expect(time.now - Instant(seconds: 1_770_000_000) < .seconds(1_500))
  }

  @Test("a file in common that a process which stands still has locked is done without; one's own is waited for")
  func locked() async throws {
    let folder = try ScratchFolder()
    let held = try QuotaFile(locking: folder("both"), within: .seconds(60))
    let quota = Quota(files: [folder("own"), folder("both")], limit: QuotaLimit(requests: 9), service: "graph")
    #expect(try await quota.take(Self.now) == nil)
    #expect(throws: Failure.self) { try QuotaFile(locking: folder("both"), within: .zero) }
    withExtendedLifetime(held) {}
  }

  @Test("two states with a file of their own and one in common use one quota, and one's pause is the other's")
  func shared() async throws {
    let folder = try ScratchFolder()
    let limit = QuotaLimit(requests: 9)
    let states = ["a", "b"].map { Quota(files: [folder($0), folder("both")], limit: limit, service: "graph") }
    for number in 0..<9 { #expect(try await states[number % 2].take(Self.now) == nil) }
    #expect(try await states[0].take(Self.now) == .seconds(300))
    #expect(await states[0].others == 4)
    #expect(try await states[1].take(Self.now + .seconds(300)) == nil)
    try await states[1].pause(for: .seconds(600), Self.now + .seconds(300))
    #expect(try await states[0].take(Self.now + .seconds(300)) == .seconds(600))
  }

  @Test("a common file that cannot be kept stops nothing: the state's own count holds")
  func sharedUnusable() async throws {
    let folder = try ScratchFolder()
    for common in ["/nowhere/at/all", "/dev/full"] {
      try? folder.remove("own")
      let quota = Quota(files: [folder("own"), common], limit: QuotaLimit(requests: 2))
      #expect(try await quota.take(Self.now) == nil)
      #expect(try await quota.take(Self.now) == nil)
      #expect(try await quota.take(Self.now) == .seconds(300))
    }
  }

  @Test("a clock that goes back costs one span of waiting at most")
  func clockBack() async throws {
    let quota = Quota(file: nil, limit: QuotaLimit(requests: 1))
    #expect(try await quota.take(Self.now) == nil)
    let back = Self.now - .seconds(86_400)
    #expect(try await quota.take(back) == .seconds(300))
    #expect(try await quota.take(back + .seconds(100)) == .seconds(200))
    #expect(try await quota.take(back + .seconds(300)) == nil)
  }

  @Test("a pause that was asked for under a clock far ahead is over after the longest pause of all")
  func pauseBeforeClockBack() async throws {
    let folder = try ScratchFolder()
    let ahead = Self.now + .seconds(259_200)
    try await Quota(file: folder("quota"), limit: QuotaLimit(requests: 9), service: "graph")
      .pause(for: .seconds(600), ahead)
    let quota = Quota(file: folder("quota"), limit: QuotaLimit(requests: 9), service: "graph")
    let wait = try #require(try await quota.take(Self.now))
    #expect(try await quota.take(Self.now + wait) == nil)
  }

  @Test("a quota file that cannot be kept is an error, not an open door")
  func quotaFile() async {
    let quota = Quota(file: "/nowhere/at/all", limit: QuotaLimit(requests: 1))
    await #expect(throws: Failure.self) { try await quota.take(Self.now) }
  }

  @Test("used requests are counted, and waiting ends when enough of them are old")
  func usage() throws {
    let folder = try ScratchFolder()
    let limit = QuotaLimit(requests: 90)
    let now = Instant(seconds: 1_790_000_000)
    #expect(QuotaUsage(file: folder("quota"), limit: limit, now: now) == nil)
    let stamps = (0..<10).map { "\((now - .seconds(310 - $0 * 20)).ticks)\n" }.joined() + "torn"
    try folder.write(stamps, to: "quota")
    let usage = try #require(QuotaUsage(file: folder("quota"), limit: limit, now: now))
    #expect(usage.used == 9)
    // Nine in use, the oldest 290 s ago: in 10 s there are eight, in 90 s four.
    #expect(usage.wait(until: 8, now: now) == .seconds(10))
    #expect(usage.wait(until: 4, now: now) == .seconds(90))
    #expect(usage.wait(until: 9, now: now) == .zero)
  }

  @Test("a Retry-After is kept in the file and obeyed by the next process, for the service that sent it")
  func pause() async throws {
    let folder = try ScratchFolder()
    let limit = QuotaLimit(requests: 90)
    let first = Quota(file: folder("quota"), limit: limit, service: "graph")
    #expect(try await first.take(Self.now) == nil)
    try await first.pause(for: .seconds(120), Self.now)
    let next = Quota(file: folder("quota"), limit: limit, service: "graph")
    #expect(try await next.take(Self.now + .seconds(30)) == .seconds(90))
    #expect(try await Quota(file: folder("quota"), limit: limit, service: "reporting").take(Self.now) == nil)
    #expect(try await next.take(Self.now + .seconds(120)) == nil)
    let usage = try #require(QuotaUsage(file: folder("quota"), limit: limit, now: Self.now + .seconds(120)))
    #expect(usage.used == 3)
  }

  @Test("a pause far in the future, left by a clock that was set back, costs an hour at most")
  func pauseAhead() async throws {
    let folder = try ScratchFolder()
    try folder.write("until graph \((Self.now + .seconds(1_000_000)).ticks)\nuntil graph x\nuntil\n", to: "quota")
    let quota = Quota(file: folder("quota"), limit: QuotaLimit(requests: 90), service: "graph")
    #expect(try await quota.take(Self.now) == .seconds(3_600))
  }
}
