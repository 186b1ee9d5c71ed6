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
    let first = Quota(file: folder("quota"), limit: 90)
    let second = Quota(file: folder("quota"), limit: 90)
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
