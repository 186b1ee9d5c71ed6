// `check`: findings, hints and exit codes.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct CheckTests {
  private func check(
    _ fixture: CollectFixture, _ folder: ScratchFolder, _ more: [String] = [], secret: String? = nil
  )
    -> ProcessResult
  {
    var environment = fixture.environment
    if let secret { environment["MESSAGE_TRACE_CLIENT_SECRET"] = secret }
    var arguments = fixture.arguments("graph", state: folder("state"), sink: "file:\(folder("out.ndjson"))")
    arguments[0] = "check"
    return Program.run(arguments + more, environment: environment)
  }

  @Test("a valid configuration is good in every line, as text and as JSON")
  func good() throws {
    let fixture = try CollectFixture(messages: 20)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let table = check(fixture, folder)
    #expect(table.status == 0, "\(table.errors)")
    #expect(table.lines.count >= 5 && table.lines.allSatisfy { $0.hasPrefix("good") })
    let object = try JSONValue(parsing: check(fixture, folder, ["--format", "json"]).output)
    #expect(object["good"]?.bool == true)
  }

  @Test("a bad secret and a dead receiver are both reported in one run, each with a hint")
  func bad() throws {
    let fixture = try CollectFixture(messages: 20)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let outcome = check(fixture, folder, ["--sink", "tcp://127.0.0.1:9"], secret: "zebra-77")
    #expect(outcome.status == 77)
    let bad = outcome.lines.filter { $0.hasPrefix("BAD") }
    #expect(bad.count == 2)
    #expect(bad.contains { $0.contains("sign-in") } && bad.contains { $0.contains("sink tcp://127.0.0.1:9") })
    #expect(outcome.lines.contains { $0.contains("do: ") })
    #expect(!String(decoding: outcome.output, as: UTF8.self).contains("zebra-77"))
  }

  @Test("beside the collector of the same settings, which writes to the file, check warns and is good")
  func besideCollector() throws {
    let fixture = try CollectFixture(messages: 20)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    #expect(check(fixture, folder).status == 0)
    let output = unsafe open(folder("out.ndjson"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(output) }
    try #require(output >= 0 && flock(output, LOCK_EX | LOCK_NB) == 0)
    let outcome = check(fixture, folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let sink = try #require(outcome.lines.first { $0.contains("sink file:") })
    #expect(sink.hasPrefix("warn") && sink.contains("If that is the collector of these settings, all is well"))
  }

  @Test("check delivers nothing and moves no cursor")
  func harmless() throws {
    let fixture = try CollectFixture(messages: 20)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    #expect(check(fixture, folder).status == 0)
    let collected = Program.run(
      fixture.arguments("graph", state: folder("state")), environment: fixture.environment)
    #expect(collected.lines.count == fixture.settings.tenant.rowCount)
  }

  @Test("redacted events can be joined: the same key gives the same hashes, no subject or local part remains")
  func redaction() throws {
    let fixture = try CollectFixture(messages: 200)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let key = ["MESSAGE_TRACE_REDACT_KEY": "0123456789abcdef0123456789abcdef"]
    let environment = fixture.environment.merging(key) { $1 }
    let plain = Program.run(fixture.arguments("graph", state: folder("a")), environment: fixture.environment)
    let runs = ["b", "c"].map { state in
      Program.run(
        fixture.arguments("graph", state: folder(state)) + ["--redact", "subject,local-part"],
        environment: environment)
    }
    for run in runs { #expect(run.status == 0, "\(run.errors)") }
    func values(_ outcome: ProcessResult, _ name: String) throws -> [String] {
      try outcome.lines.compactMap { line in try JSONValue(parsing: Array(line.utf8))[name]?.string }
    }
    #expect(Set(runs[0].ids) == Set(plain.ids))
    #expect(try values(runs[0], "email.subject") == values(runs[1], "email.subject"))
    let hidden = String(decoding: runs[0].output, as: UTF8.self)
    for subject in Set(try values(plain, "email.subject")) where subject.utf8.count > 8 {
      #expect(!hidden.contains(subject))
    }
    for name in Set(try values(plain, "source.user.name")) where name.utf8.count > 8 { #expect(!hidden.contains(name)) }
  }
}
