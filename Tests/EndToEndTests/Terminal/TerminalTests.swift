// Output on a terminal: a progress bar, sentences and hints instead of log lines.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct TerminalTests {
  /// The percentages of all drawn bars.
  private static func percentages(_ drawn: String) -> [Int] {
    drawn.split(separator: "\r").filter { $0.hasPrefix("[") }.compactMap { line in
      line.split(separator: " ").first { $0.hasSuffix("%") }.flatMap { Int($0.dropLast()) }
    }
  }

  @Test("a backfill draws a bar with rate and time left, resumes it after an interrupt, and clears it")
  func bar() throws {
    let slow = FaultRule(.latency(.milliseconds(30)), on: "/v1.0/")
    let fixture = try PlaybookFixture(messages: 300, hours: 5 * 24, faults: [slow])
    let call = ["backfill", try fixture.playbook("a"), "--from", Timestamp.text(fixture.now - .seconds(6 * 86_400))]
    let first = try #require(PseudoTerminalRun(call, environment: fixture.environment))
    let stopped = first.watch(until: { Self.percentages($0).count >= 2 }, signal: SIGINT)
    #expect(stopped.status == 75 && stopped.drawn.contains("error: Stopped before"), "\(stopped.drawn)")
    let before = try #require(Self.percentages(stopped.drawn).last)
    #expect(before < 100)
    let second = try #require(PseudoTerminalRun(call, environment: fixture.environment))
    let (status, drawn) = second.watch()
    let percentages = Self.percentages(drawn)
    #expect(status == 0 && percentages == percentages.sorted() && percentages.last == 100, "\(drawn)")
    #expect(percentages.first.map { $0 >= before } == true)
    for part in ["[######", "-] ", " rows  ", "/s  ", " left\u{1B}[K", "backfill.resume"] {
      #expect(drawn.contains(part), "\(part) in \(drawn)")
    }
    #expect(!drawn.contains("backfill.progress") && !drawn.contains("pass.done"))
    let end = drawn.split(separator: "\r", omittingEmptySubsequences: false).suffix(3).joined(separator: "\r")
    #expect(end.contains("\u{1B}[K") && end.contains("backfill.done"), "\(end)")
    fixture.expectWhole("a")
  }

  @Test("on a terminal an error is a sentence and a hint, and a pass is one summary line")
  func sentences() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let good = try #require(
      PseudoTerminalRun(["collect", try fixture.playbook("a")], environment: fixture.environment)
    )
    .watch()
    #expect(good.status == 0 && good.drawn.split(separator: "\n").count { $0.contains("pass.done") } == 1)
    let call = ["collect", try fixture.playbook("b", secret: "BAD")]
    let bad = try #require(PseudoTerminalRun(call, environment: fixture.environment)).watch()
    let lines = bad.drawn.split(whereSeparator: \.isNewline)
    #expect(bad.status == 77 && lines.contains { $0.hasPrefix("error: ") } && lines.contains { $0.hasPrefix("hint: ") })
    #expect(!bad.drawn.contains("revoked"))
  }
}
