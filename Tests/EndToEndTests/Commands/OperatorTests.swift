// What operators meet: a late collector, a terminal without a sink, relative spans, and the order of the help.

import Glibc
import IntakeCore
import IntakeTesting
import Simulator
import Testing

@Suite("What operators meet", .ownThreads)
struct OperatorTests {
  @Test("status with --max-age ends with 75 for a collector that is late, and only for one")
  func late() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let playbook = try fixture.playbook("a")
    let collected = Program.run(["collect", playbook], environment: fixture.environment)
    #expect(collected.status == 0, "\(collected.errors)")
    #expect(Program.run(["status", playbook, "--max-age", "1d"]).status == 0)
    let later = Timestamp.text(TimeSource.system.now() + .seconds(3 * 86_400))
    let late = Program.run(["status", playbook, "--max-age", "1d", "--now", later])
    #expect(late.status == 75 && late.errors.hasPrefix("late: \(playbook)"), "\(late.errors)")
    #expect(Program.run(["status", playbook, "--now", later]).status == 0)
    #expect(Program.run(["status", playbook, "--max-age", "soon"]).status == 64)
  }

  @Test("collect without a sink does not deliver to a terminal")
  func terminal() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let settings = fixture.settings
    let call = [
      "collect", "--tenant", settings.tenant.name, "--client-id", settings.clientID, "--state", fixture.state("a"),
      "--graph-url", fixture.server.graphURL, "--authority", fixture.server.authorityURL,
    ]
    let environment = ["MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret]
    let run = try #require(PseudoTerminalRun(call, environment: environment, showsOutput: true))
    let (status, drawn) = run.watch()
    #expect(status == 64 && drawn.contains("--sink file:PATH"), "\(drawn)")
    #expect(fixture.server.requests().isEmpty)
    let meant = try #require(
      PseudoTerminalRun(call + ["--sink", "stdout"], environment: environment, showsOutput: true))
    #expect(meant.watch().drawn.contains("\"event.id\""))
  }

  @Test("an unfinished backfill of a relative span goes on where the same call ended")
  func relative() throws {
    let slow = FaultRule(.latency(.milliseconds(200)), on: "/v1.0/")
    let fixture = try PlaybookFixture(messages: 300, hours: 5 * 24, faults: [slow])
    let call = ["backfill", try fixture.playbook("a"), "--from", "-6d"]
    let first = Program.start(call, environment: fixture.environment)
    eventually { fixture.pagesAsked >= 3 && BackfillTests.doneTicks(fixture.state("a")) > 0 }
    first.signal(SIGTERM)
    #expect(first.finish().status == 75)
    let second = Program.run(call, environment: fixture.environment)
    #expect(second.status == 0 && second.errors.contains("backfill.resume"), "\(second.errors)")
    fixture.expectWhole("a")
  }

  @Test("a backfill that waits for the quota says until when, in the log and on a terminal")
  func quotaWait() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let call = ["backfill", try fixture.playbook("a"), "--from", "-6h"]
    // Other requests of this tenant, a minute old: another one is allowed in four minutes.
    let asked = TimeSource.system.now() - .seconds(60)
    try fixture.folder.makeFolder("a.state")
    _ = try fixture.folder.write(String(repeating: "\(asked.ticks)\n", count: 95), to: "a.state/quota")
    let until = Timestamp.text(asked + .seconds(300)).dropFirst(11).prefix(8)
    let logged = Program.start(call, environment: fixture.environment)
    eventually { logged.errorsSoFar.contains("backfill.wait") }
    logged.signal(SIGTERM)
    let outcome = logged.finish()
    let line = outcome.errors.split(separator: "\n").first { $0.contains("backfill.wait") } ?? ""
    #expect(outcome.status == 75 && line.contains("until=") && line.contains(until), "\(outcome.errors)")
    let run = try #require(PseudoTerminalRun(call, environment: fixture.environment))
    let (status, drawn) = run.watch(until: { $0.contains("waiting for the quota until \(until) UTC") }, signal: SIGTERM)
    #expect(status == 75 && fixture.pagesAsked == 0, "\(drawn)")
  }

  @Test("the first pass starts at a date, and says so if the service keeps less", arguments: ["yesterday", "date"])
  func since(_ form: String) throws {
    let fixture = try PlaybookFixture(messages: 200, hours: 60)
    let day = Timestamp.text(fixture.now - .seconds(86_400)).prefix(10)
    let midnight = try #require(Timestamp.parse("\(day)T00:00:00Z"))
    let playbook = try fixture.playbook("a")
    let common = ["collect", playbook, "--sink", "stdout"]
    let outcome = Program.run(
      common + ["--state", fixture.state("b"), "--since", form == "date" ? String(day) : form],
      environment: fixture.environment)
    let times = outcome.lines.compactMap { line in
      (try? JSONValue(parsing: Array(line.utf8)))?["@timestamp"]?.string.flatMap { Timestamp.parse($0) }
    }
    let tenant = fixture.settings.tenant
    let rows = (0..<tenant.messages).flatMap { tenant.rows(of: $0) }.filter { $0.message.received >= midnight }
    #expect(outcome.status == 0 && times.count == rows.count, "\(outcome.errors)")
    #expect(times.allSatisfy { $0 >= midnight })
    let cut = Program.run(
      common + ["--state", fixture.state("c"), "--since", "2020-01-01"], environment: fixture.environment)
    #expect(cut.status == 0 && cut.errors.contains("90 days"), "\(cut.errors)")
    #expect(cut.lines.count == fixture.settings.tenant.rowCount)
    // Spans without mail cost few requests: 90 days in pieces of six hours would be 360, more than the quota allows.
    #expect(fixture.pagesAsked < 60, "\(fixture.pagesAsked)")
    let wrong = Program.run(common + ["--since", "2999-01-01"], environment: fixture.environment)
    #expect(wrong.status == 78 && wrong.errors.contains("--since"), "\(wrong.errors)")
  }

  @Test("the help lists what a first call needs before the rest")
  func order() throws {
    let lines = Program.run(["help", "collect"]).lines
    let further = try #require(lines.firstIndex(of: "further options:"))
    for (name, isCommon) in [("--tenant", true), ("--sink", true), ("--max-body", false), ("--now", false)] {
      let line = try #require(lines.firstIndex { $0.hasPrefix("  \(name) ") })
      #expect((line < further) == isCommon, "\(name)")
    }
    #expect(Program.run(["version"]).lines == Program.run(["--version"]).lines)
  }
}
