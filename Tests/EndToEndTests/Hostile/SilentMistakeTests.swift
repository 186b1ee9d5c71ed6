// Mistakes that once looked like success.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct SilentMistakeTests {
  @Test("a mistyped variable is named with the nearest setting; one that a playbook refers to is not")
  func variable() throws {
    let fixture = try PlaybookFixture(messages: 5)
    let playbook = try fixture.playbook("p", secret: "MESSAGE_TRACE_CONTOSO")
    let environment = ["MESSAGE_TRACE_REVIST": "1h", "MESSAGE_TRACE_CONTOSO": fixture.settings.clientSecret]
    let collected = Program.run(["collect", playbook], environment: environment)
    #expect(
      collected.status == 0 && collected.errors.contains("did you mean MESSAGE_TRACE_REVISIT?"), "\(collected.errors)")
    #expect(!collected.errors.contains("CONTOSO"))
    let checked = Program.run(["check", playbook], environment: environment)
    #expect(checked.status == 0 && checked.lines.contains { $0.hasPrefix("warn") && $0.contains("REVIST") })
  }

  @Test(
    "a mapping made for the rows of the other service is refused at start and in check",
    arguments: ["collect", "check"])
  func mapping(_ command: String) throws {
    let fixture = try CollectFixture(messages: 5)
    defer { fixture.server.stop() }
    for (mode, mapping) in [("reporting", "graph"), ("graph", "reporting")] {
      let folder = try ScratchFolder()
      let mine = try folder.write(Program.run(["mapping", "show", mapping]).output, to: "mine.json")
      var arguments = fixture.arguments(mode, state: folder("state")) + ["--mapping", mine]
      arguments[0] = command
      let result = Program.run(arguments, environment: fixture.environment)
      let text = result.errors + String(decoding: result.output, as: UTF8.self)
      #expect(result.status == 78 && text.contains("it is made for rows of \(mapping)"), "\(text)")
      #expect(text.contains("mapping show \(mode)"), "\(text)")
    }
    let folder = try ScratchFolder()
    let mine = try folder.write(Program.run(["mapping", "show", "graph"]).output, to: "mine.json")
    var arguments = fixture.arguments("graph", state: folder("state")) + ["--mapping", mine]
    arguments[0] = command
    #expect(Program.run(arguments, environment: fixture.environment).status == 0)
  }

  @Test("mapping validate warns of columns that no service has, and of events without time or id")
  func validate() throws {
    let folder = try ScratchFolder()
    let text = String(decoding: Program.run(["mapping", "show", "graph"]).output, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let bare = lines.filter { !$0.contains("\"$received\"") && !$0.contains("{ \"to\": \"event.id\"") }
      .map { $0.contains("email.subject") ? $0.split(separator: "\"subject\"").joined(separator: "\"subjekt\"") : $0 }
    let result = Program.run(["mapping", "validate", try folder.write(bare.joined(separator: "\n"), to: "mine.json")])
    #expect(result.status == 0, "\(result.errors)")
    for word in ["No rule gives @timestamp", "No rule gives event.id", "subjekt, did you mean "] {
      #expect(result.errors.contains(word), "\(result.errors)")
    }
    let whole = Program.run(["mapping", "validate", try folder.write(text, to: "whole.json")])
    #expect(whole.status == 0 && whole.errors.isEmpty, "\(whole.errors)")
  }

  @Test("two whole sign-ins are refused; check says which one was used")
  func ambiguous() throws {
    let fixture = try CollectFixture(messages: 5)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    var arguments = fixture.arguments("reporting", state: folder("state"))
    arguments[0] = "check"
    let both = Program.run(
      arguments + ["--client-id", fixture.settings.clientID, "--authority", fixture.server.authorityURL],
      environment: fixture.environment)
    #expect(both.status == 78, "\(both.errors)")
    #expect(both.errors.contains("MESSAGE_TRACE_CLIENT_SECRET and MESSAGE_TRACE_PASSWORD are set"), "\(both.errors)")
    let password = Program.run(arguments, environment: fixture.environment)
    #expect(password.lines.contains { $0.contains("The service account's password is used") })
    var app = fixture.arguments("graph", state: folder("state"))
    app[0] = "check"
    let secret = Program.run(app, environment: fixture.environment)
    #expect(secret.lines.contains { $0.contains("the client secret of the app \(fixture.settings.clientID)") })
  }

  @Test(
    "check reads the certificate's dates and warns weeks ahead",
    .enabled(if: InstalledProgram.isWanted("openssl"), "openssl is not installed"),
    arguments: [(2, "warn"), (29, "warn"), (60, "good"), (-1, "BAD")])
  func certificate(_ days: Int, _ verdict: String) throws {
    let fixture = try CollectFixture(messages: 5)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let certificates = Certificates(folder)
    try certificates.openssl(["genrsa", "-out", "app.key", "2048"])
    try certificates.openssl(["req", "-new", "-key", "app.key", "-subj", "/CN=app", "-out", "app.csr"])
    try certificates.openssl([
      "x509", "-req", "-in", "app.csr", "-signkey", "app.key", "-days", "\(days)", "-out", "app.pem",
    ])
    var arguments = fixture.arguments("graph", state: folder("state"))
    arguments[0] = "check"
    let result = Program.run(
      arguments + ["--certificate-file", folder("app.pem"), "--private-key-file", folder("app.key")])
    let line = result.lines.first { $0.contains("The app's certificate") } ?? ""
    #expect(line.hasPrefix(verdict), "\(result.lines) \(result.errors)")
  }

  @Test("details by a redacted recipient are refused: the service is asked by the address")
  func details() throws {
    let fixture = try CollectFixture(messages: 5)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let arguments = fixture.arguments("graph", state: folder("state")) + ["--details", "failed", "--redact"]
    let environment = fixture.environment.merging(["MESSAGE_TRACE_REDACT_KEY": "0123456789abcdef0123456789abcdef"]) {
      $1
    }
    let refused = Program.run(arguments + ["local-part"], environment: environment)
    #expect(refused.status == 78 && refused.errors.contains("exclude each other"), "\(refused.errors)")
    #expect(Program.run(arguments + ["subject"], environment: environment).status == 0)
  }

  @Test(
    "verify calls a line with raw control characters or unknown escapes invalid",
    arguments: [("tab\there", 65), (#"\x41"#, 65), (#"\u12g4"#, 65), (#"\u0041 \n \""#, 0)])
  func verify(_ text: String, _ status: Int32) throws {
    let folder = try ScratchFolder()
    let file = try folder.write("{\"event.id\":\"1\",\"a\":\"\(text)\"}\n", to: "e.ndjson")
    #expect(Program.run(["verify", file]).status == status)
  }

  @Test("status gives people and machines the same size of the ledger")
  func status() throws {
    let fixture = try PlaybookFixture(messages: 200)
    let playbook = try fixture.playbook("p", pageSize: 20)
    fixture.restart(playbook)
    let table = Program.run(["status", playbook]).lines.first { $0.hasPrefix("ledger") } ?? ""
    let object = try JSONValue(parsing: Program.run(["status", playbook, "--format", "json"]).output)
    let size = try #require(object["status"]?["ledger"]?.integer)
    #expect(table.hasSuffix(" \(size) identities"), "\(table), \(size)")
  }

  @Test("a zero byte early in an export costs nothing but itself")
  func zero() throws {
    let folder = try ScratchFolder()
    var text = Array("Received,SenderAddress,RecipientAddress,Subject,Status\n".utf8)
    text += Array("2026-01-25T09:49:19Z,a@b.example,c@d.example,odd".utf8) + [0] + Array("subject,Failed\n".utf8)
    text += Array("2026-01-25T09:50:19Z,a@b.example,c@d.example,whole,Failed\n".utf8)
    let result = Program.run(["normalise", try folder.write(text, to: "export.csv")])
    #expect(result.status == 0 && result.lines.count == 2, "\(result.errors)")
  }
}
