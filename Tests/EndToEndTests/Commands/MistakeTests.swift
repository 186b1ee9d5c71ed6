// Common mistakes: one clear error, a hint, the right exit status, unchanged state.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct MistakeTests {
  struct Mistake: Sendable {
    var name: String
    var arguments: [String] = []
    var secret: String?
    var status: Int32
    var says: [String]
    var mode = "graph"
  }

  static let mistakes: [Mistake] = [
    Mistake(name: "wrong password", secret: "zebra-77", status: 77, says: ["password"], mode: "reporting"),
    Mistake(
      name: "unknown client", arguments: ["--client-id", "00000000-0000-4000-8000-000000000000"], status: 77,
      says: ["client"]),
    Mistake(name: "wrong client secret", secret: "zebra-77", status: 77, says: ["secret"]),
    Mistake(name: "unknown tenant", arguments: ["--tenant", "nobody.example"], status: 77, says: ["tenant"]),
    Mistake(
      name: "unreachable host", arguments: ["--graph-url", "http://127.0.0.1:9", "--authority", "http://127.0.0.1:9"],
      status: 75, says: ["127.0.0.1"]),
    Mistake(
      name: "unknown flag", arguments: ["--intervall", "5m"], status: 64, says: ["--intervall", "help collect"]),
    Mistake(
      name: "unreadable mapping", arguments: ["--mapping", "/nonexistent/mine.json"], status: 66,
      says: ["/nonexistent/mine.json", "mapping"]),
    Mistake(
      name: "unwritable output", arguments: ["--sink", "file:/nonexistent/folder/out.ndjson"], status: 73,
      says: ["/nonexistent/folder"]),
    Mistake(name: "literal secret", arguments: ["--client-secret", "x"], status: 64, says: ["--client-secret-file"]),
    Mistake(
      name: "plain http to a foreign host", arguments: ["--graph-url", "http://graph.example"], status: 78,
      says: ["https"]),
  ]

  @Test("each mistake gives one clear error and changes no state", arguments: mistakes)
  func told(_ mistake: Mistake) throws {
    let fixture = try CollectFixture(messages: 5)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    var environment = fixture.environment
    if let secret = mistake.secret {
      environment["MESSAGE_TRACE_CLIENT_SECRET"] = secret
      environment["MESSAGE_TRACE_PASSWORD"] = secret
    }
    var arguments = fixture.arguments(mistake.mode, state: folder("state"))
    for index in stride(from: 0, to: mistake.arguments.count, by: 2) {
      if let known = arguments.firstIndex(of: mistake.arguments[index]) {
        arguments[known + 1] = mistake.arguments[index + 1]
      } else {
        arguments += mistake.arguments[index...(index + 1)]
      }
    }
    let outcome = Program.run(arguments, environment: environment)
    #expect(outcome.status == mistake.status, "\(mistake.name): \(outcome.errors)")
    for word in mistake.says { #expect(outcome.errors.contains(word), "\(mistake.name): \(outcome.errors)") }
    #expect(outcome.output.isEmpty)
    #expect(!outcome.errors.contains("zebra-77") && !outcome.errors.contains("Fatal error"))
    #expect((1...3).contains(outcome.errors.split(separator: "\n").count), "\(outcome.errors)")
    // The state is unchanged: once the mistake is fixed, every event is emitted.
    let mended = Program.run(
      fixture.arguments(mistake.mode, state: folder("state")), environment: fixture.environment)
    #expect(mended.status == 0 && mended.lines.count == fixture.settings.tenant.rowCount, "\(mended.errors)")
  }

  @Test("an unwritable state directory is an error before any request")
  func state() throws {
    let fixture = try CollectFixture(messages: 5)
    defer { fixture.server.stop() }
    let outcome = Program.run(
      fixture.arguments("graph", state: "/proc/nowhere/state"), environment: fixture.environment)
    #expect([73, 78].contains(outcome.status) && outcome.errors.contains("/proc/nowhere"))
    #expect(fixture.server.requests().isEmpty)
  }
}
