// What a backfill could not read: spans that stay open, and the rest of a range when another one is asked for.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite("Unfinished backfills", .ownThreads)
struct UnfinishedBackfillTests {
  enum Later: CaseIterable { case sameCall, otherBackfill, pass }

  @Test("a span that cannot be read ends with 75, is shown, and is read by what comes later", arguments: Later.allCases)
  func openSpan(_ later: Later) throws {
    var knobs = TenantKnobs.calm
    (knobs.crowdEvery, knobs.crowdSize) = (60, 25)
    let fixture = try PlaybookFixture(messages: 60, faults: [FaultRule(.expiredLink(404), on: "/v1.0/")], knobs: knobs)
    let crowd = fixture.settings.tenant.rows(of: 30)
    let message = try #require(crowd.first?.message)
    func call(_ from: Instant, _ to: Instant) throws -> [String] {
      let playbook = try fixture.playbook("a", pageSize: 20)
      return ["backfill", playbook, "--from", Timestamp.text(from), "--to", Timestamp.text(to)]
    }
    let first = try call(message.received - .seconds(20), message.received + .seconds(20))
    let playbook = first[1]
    let broken = Program.run(first, environment: fixture.environment)
    #expect(broken.status == 75 && broken.errors.contains("warning source.open_span"), "\(broken.errors)")
    #expect(broken.errors.contains("error source.open_span") && !broken.errors.contains("backfill.done"))
    #expect(Program.run(["status", playbook]).lines.contains { $0.hasPrefix("open span ") })

    let well = try fixture.serveWithoutFaults()
    defer { well.stop() }
    _ = try fixture.playbook("a", pageSize: 20, service: well.graphURL)
    let next: [String] =
      switch later {
      case .sameCall: first
      case .otherBackfill:
        first.prefix(2) + [
          "--from", Timestamp.text(fixture.now - .seconds(3_000)), "--to", Timestamp.text(fixture.now),
        ]
      case .pass:
        ["collect", playbook, "--since", "1h", "--now", Timestamp.text(fixture.now + .seconds(600))]
      }
    let outcome = Program.run(next, environment: fixture.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(!Program.run(["status", playbook]).lines.contains { $0.hasPrefix("open span ") })
    #expect(Program.run(["verify", fixture.events("a")]).status == 0)
    #expect(try lines(fixture.events("a")) { $0.contains(message.traceID) } == crowd.count)
  }

  /// Two ranges that follow each other, the first of which was interrupted.
  struct Calls: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Of the first and of the second call, at a time.
    var words: @Sendable (Instant) -> (first: [String], second: [String])
    /// Before the time: the start of the first range and the end of the second, in seconds.
    var whole: @Sendable (Instant) -> (start: Instant, end: Instant)
  }

  static let calls = [
    Calls(testDescription: "dates") { now in
      (
        ["--from", Timestamp.text(now - .seconds(70 * 3_600)), "--to", Timestamp.text(now - .seconds(40 * 3_600))],
        ["--from", Timestamp.text(now - .seconds(40 * 3_600)), "--to", Timestamp.text(now - .seconds(30 * 3_600))]
      )
    } whole: { now in
      (wholeSecond(now - .seconds(70 * 3_600)), wholeSecond(now - .seconds(30 * 3_600)))
    },
    Calls(testDescription: "the same words a day later") { now in
      let words = ["--from", "yesterday", "--to", "today"]
      return (words + ["--now", Timestamp.text(now - .seconds(86_400))], words + ["--now", Timestamp.text(now)])
    } whole: { now in
      let midnight = Instant(ticks: now.ticks - now.ticks % Duration.seconds(86_400).ticks)
      return (midnight - .seconds(2 * 86_400), midnight)
    },
  ]

  @Test("an unfinished backfill is finished before one of another range", arguments: calls)
  func finished(_ calls: Calls) throws {
    let fixture = try Self.interrupted(calls)
    let second = ["backfill", fixture.folder("a.json")] + calls.words(fixture.now).second
    let outcome = Program.run(second, environment: fixture.environment)
    #expect(outcome.status == 0 && outcome.errors.contains("warning backfill.unfinished"), "\(outcome.errors)")
    let (start, end) = calls.whole(fixture.now)
    let tenant = fixture.settings.tenant
    let rows = (0..<tenant.messages).flatMap { tenant.rows(of: $0) }
      .filter { start <= $0.message.received && $0.message.received < end }
    #expect(try lines(fixture.events("a")) == rows.count && rows.count > 50)
    #expect(PlaybookFixture.json("\(fixture.state("a"))/backfill.json") == nil)
  }

  @Test("an unfinished backfill is given up on demand only, damaged or not", arguments: [false, true])
  func discarded(_ isDamaged: Bool) throws {
    let fixture = try Self.interrupted(Self.calls[0])
    if isDamaged { _ = try fixture.folder.write("{}", to: "a.state/backfill.json") }
    let second = ["backfill", fixture.folder("a.json")] + Self.calls[0].words(fixture.now).second
    if isDamaged {
      let refused = Program.run(second, environment: fixture.environment)
      #expect(refused.status == 65 && refused.errors.contains("--discard"), "\(refused.errors)")
    }
    let asked = fixture.pagesAsked
    let outcome = Program.run(second + ["--discard"], environment: fixture.environment)
    #expect(outcome.status == 0 && outcome.errors.contains("backfill.discarded") != isDamaged, "\(outcome.errors)")
    #expect(fixture.pagesAsked - asked <= 5)
    #expect(PlaybookFixture.json("\(fixture.state("a"))/backfill.json") == nil)
  }

  private static func interrupted(_ calls: Calls) throws -> PlaybookFixture {
    let refusal = FaultRule(.status(403), on: "/v1.0/", .requests(3...3))
    let fixture = try PlaybookFixture(messages: 200, hours: 75, faults: [refusal])
    let first = ["backfill", try fixture.playbook("a")] + calls.words(fixture.now).first
    let outcome = Program.run(first, environment: fixture.environment)
    #expect(outcome.status == 77, "\(outcome.errors)")
    #expect(BackfillTests.doneTicks(fixture.state("a")) > 0)
    return fixture
  }

  private static func wholeSecond(_ instant: Instant) -> Instant {
    Instant(ticks: instant.ticks - instant.ticks % Instant.perSecond)
  }

  private func lines(_ path: String, where isWanted: (String) -> Bool = { _ in true }) throws -> Int {
    let text = String(decoding: try FileBytes.read(path, purpose: "output"), as: UTF8.self)
    return text.split(separator: "\n").count { isWanted(String($0)) }
  }
}
