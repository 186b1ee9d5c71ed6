// What people type at first: each mistake is answered with what works when it is typed as it stands there.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@testable import message_trace

@Suite(.ownThreads) struct QueryMistakeTests {
  static let id = "2e3c0fac-4669-4e4a-2669-08d5dd529cbe"

  struct Mistake: Sendable {
    var arguments: [String]
    var says: String
  }

  static let mistakes = [
    Mistake(
      arguments: ["query", "--start-date", "-1h", "--end-date", "-2h"], says: "Swap --start-date and --end-date"),
    Mistake(arguments: ["query", "--start-date", "2099-01-01"], says: "--start-date in the past"),
    Mistake(arguments: ["query", "--start-date", "-200d"], says: "Use --start-date -90d"),
    Mistake(arguments: ["query", "--from-ip", "203.0.113.0/24"], says: "networks cannot be searched"),
    Mistake(arguments: ["query", "--result-size", "100000"], says: "Leave --result-size out"),
    Mistake(arguments: ["query", "--format", "csv", "--columns", "sender"], says: "Leave out --columns"),
    Mistake(arguments: ["query", "--format", "json", "--wide"], says: "Leave out --wide"),
    Mistake(arguments: ["query", "--from", "a@b.example"], says: "did you mean --sender-address or --start-date?"),
    Mistake(arguments: ["query", "--to", "a@b.example"], says: "did you mean --recipient-address or --end-date?"),
    Mistake(arguments: ["query", "--since", "-3h"], says: "did you mean --start-date?"),
    Mistake(arguments: ["backfill", "--start-date", "-3h"], says: "did you mean --from or --since?"),
    Mistake(arguments: ["query", "a@b.example"], says: "Give an address with --sender-address"),
    Mistake(arguments: ["query", "contoso.json"], says: "--playbook contoso.json"),
    Mistake(arguments: ["Get-MessageTraceV2", "-SenderAddress", "a@b.example"], says: "did you mean query?"),
    Mistake(arguments: ["Get-MessageTraceDetail"], says: "did you mean details?"),
    Mistake(arguments: ["validate", "x.json"], says: "did you mean playbook validate or mapping validate?"),
    Mistake(arguments: ["details", id], says: "details needs 2 operands, not 1"),
    Mistake(arguments: ["details", "a@b.example", id], says: "message-trace details \(id) a@b.example"),
    Mistake(arguments: ["details", "<x@y>", "a@b.example"], says: "message-trace query --message-id '<x@y>'"),
    Mistake(arguments: ["details", id, "bob"], says: "is not an address"),
    Mistake(arguments: ["collect", "a.json", "b.json"], says: "Use: message-trace collect [PLAYBOOK]"),
    Mistake(arguments: ["collect", "--sink", "mail.ndjson"], says: "did you mean file:mail.ndjson?"),
    Mistake(arguments: ["collect", "--sink", "syslog://siem:514"], says: "did you mean tcp://siem:514?"),
    Mistake(arguments: ["check", "--client-secret-file", "/nonexistent/secret"], says: "(chmod 600)"),
    Mistake(arguments: ["check", "--graph-url", "graph.example"], says: "did you mean https://graph.example?"),
  ]

  @Test("a mistake is answered with what works", arguments: mistakes)
  func answered(_ mistake: Mistake) {
    var environment = ["MESSAGE_TRACE_TENANT": "contoso.example", "MESSAGE_TRACE_CLIENT_ID": "c"]
    environment["MESSAGE_TRACE_STATE"] = "/nonexistent"
    if !mistake.arguments.contains("--client-secret-file") { environment["MESSAGE_TRACE_CLIENT_SECRET"] = "s" }
    let outcome = Program.run(mistake.arguments, environment: environment)
    #expect([64, 78].contains(outcome.status) && outcome.output.isEmpty)
    #expect(outcome.errors.contains(mistake.says), "\(outcome.errors)")
  }

  @Test("a wrong flag is no mistake of the playbook, which validate would call good")
  func flagBesidePlaybook() throws {
    let folder = try ScratchFolder()
    let made = Program.run(["playbook", "init", folder("contoso.json")])
    try #require(made.status == 0, "\(made.errors)")
    let environment = ["MESSAGE_TRACE_CLIENT_SECRET": "s"]
    let flag = Program.run(["check", folder("contoso.json"), "--lag", "soon"], environment: environment)
    #expect(flag.status == 78 && flag.errors.contains("--lag"), "\(flag.errors)")
    #expect(!flag.errors.contains("playbook validate"), "\(flag.errors)")
  }

  @Test("columns have the names of the table's head and of the cmdlet too")
  func columns() throws {
    let fixture = try QueryFixture(messages: 3)
    defer { fixture.server.stop() }
    let ours = fixture.run(["query", "--columns", "received,sender,recipient,trace-id,message-id"])
    let cmdlets = fixture.run(
      ["query", "-Columns", "Received,SenderAddress,RecipientAddress,MessageTraceId,Message ID"])
    #expect(ours.status == 0 && ours.lines.count == fixture.rows.count + 1, "\(ours.errors)")
    #expect(cmdlets.output == ours.output, "\(cmdlets.errors)")
  }

  @Test("an empty result names a wider span, also where a shorter one was asked for")
  func wider() throws {
    let fixture = try QueryFixture(messages: 1)
    defer { fixture.server.stop() }
    let short = fixture.run(["query", "--start-date", "-5m"])
    #expect(short.status == 0 && short.errors.contains("No row matches"), "\(short.errors)")
    #expect(short.errors.contains("The service keeps 90 days: --start-date -90d"), "\(short.errors)")
    #expect(!short.errors.contains("48 hours"), "\(short.errors)")
    let whole = fixture.run(["query", "--start-date", "-90d", "--sender-address", "nobody@nowhere.example"])
    #expect(whole.errors.contains("No row matches") && !whole.errors.contains("--start-date"), "\(whole.errors)")
  }

  @Test("a search that waits for the quota says so in a file too, and that its result is not whole when it is stopped")
  func waits() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let environment = fixture.environment.merging(["HOME": fixture.folder("home")]) { $1 }
    let playbook = try fixture.playbook("a")
    // Each search for an id asks for all that the service keeps, some ten requests at least.
    for _ in 0..<20 {
      let running = Program.start(
        ["query", "--playbook", playbook, "--message-id", "none@x"], environment: environment)
      eventually { running.ended() != nil || running.errorsSoFar.contains("source.quota") }
      guard running.ended() == nil else {
        let outcome = running.finish()
        #expect(outcome.status == 0 && outcome.errors.contains("No row matches"), "\(outcome.errors)")
        continue
      }
      running.signal(SIGTERM)
      let outcome = running.finish()
      #expect(outcome.status == 75 && outcome.errors.contains("quota used up; waiting"), "\(outcome.errors)")
      #expect(outcome.errors.contains("not the whole result") && !outcome.errors.contains("next run reads"))
      return
    }
    Issue.record("no search waited for the quota")
  }

  @Test("an export whose dates have another form than --date-format names the form to correct")
  func dateFormat() throws {
    let folder = try ScratchFolder()
    let text = """
      Received,SenderAddress,RecipientAddress,Subject,Status,MessageTraceId
      11/21/2026 8:03:12 PM,a@b.example,c@d.example,Hi,Delivered,\(Self.id)

      """
    try folder.write(Array(text.utf8), to: "export.csv")
    let wrong = Program.run(["normalise", folder("export.csv"), "--date-format", "dd.MM.yyyy"])
    #expect(wrong.status == 65 && wrong.errors.contains("Correct --date-format"), "\(wrong.errors)")
    let right = Program.run(["normalise", folder("export.csv"), "--date-format", "M/d/yyyy h:mm:ss tt"])
    #expect(right.status == 0 && !right.errors.contains("date-format"), "\(right.errors)")
  }
}
