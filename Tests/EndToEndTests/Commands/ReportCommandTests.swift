// `report` of the built binary, on events of the demo.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct ReportCommandTests {
  @Test("the events of the demo become a page with a title, from files and from standard input")
  func page() throws {
    let folder = try ScratchFolder()
    let events = try folder.write(
      String(decoding: Program.run(["demo", "--messages", "200"]).output, as: UTF8.self), to: "events.ndjson")
    let arguments = ["report", events, "--title", "Contoso & <co>", "--top", "3", "--now", "2026-03-05T12:00:00Z"]
    let outcome = Program.run(arguments)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let page = String(decoding: outcome.output, as: UTF8.self)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>"))
    #expect(
      page.contains("<bdi>Contoso &amp; &lt;co&gt;</bdi>") && page.contains("page made Thu 5 Mar 2026, 12:00 UTC"))
    #expect(page.contains("Top 3 senders") && page.contains("contoso.com"))
    #expect(Program.run(["report", "-", events, "--now", "2026-03-05T12:00:00Z"]).status == 0)
  }

  @Test("every flat profile gives the same page but for its time; rows and nested events are refused")
  func profiles() throws {
    let folder = try ScratchFolder()
    let rows = (0..<40).map { number in
      let status = ["delivered", "failed", "quarantined", "filteredAsSpam"][number % 4]
      return
        #"{"id":"\#(number)f","messageId":"<\#(number)@x>","status":"\#(status)","receivedDateTime":"2026-03-04T1\#(number % 10):00:00Z","recipientAddress":"b\#(number % 7)@c.example","senderAddress":"a\#(number % 5)@b.example","subject":"Hi \#(number)","size":5}"#
    }.joined(separator: "\n")
    let file = try folder.write(rows, to: "rows.ndjson")
    func report(_ options: [String]) throws -> ProcessResult {
      let settings = [
        "--tenant", "contoso.onmicrosoft.com", "--local-domains", "b.example", "--now", "2026-03-05T11:00:00Z",
      ]
      let events = Program.run(["normalise", file] + settings + options)
      #expect(events.status == 0, "\(events.errors)")
      let input = try folder.write(String(decoding: events.output, as: UTF8.self), to: "events.ndjson")
      return Program.run(["report", input, "--now", "2026-03-05T12:00:00Z"])
    }
    let whole = try report([])
    let page = String(decoding: whole.output, as: UTF8.self)
    for part in [
      "<h1><bdi>Mail of contoso.onmicrosoft.com</bdi></h1>", "At a glance", "Outside recipients", "b3@c.example",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(!page.contains("Outside senders"))
    for profile in ["sekoia", "cim", "udm-flat"] {
      let other = try report(["--profile", profile])
      #expect(other.status == 0 && other.errors.isEmpty, "\(profile): \(other.errors)")
      #expect(String(decoding: other.output, as: UTF8.self) == page, "\(profile)")
    }
    let nested = try report(["--profile", "udm-flat", "--nested"])
    let raw = Program.run(["report", file])
    for refused in [nested, raw] { #expect(refused.status == 65 && refused.errors.contains("normalise")) }
  }

  @Test(
    "tidy reports no error in the page, whatever the events contain",
    .enabled(if: InstalledProgram.isWanted("tidy"), "tidy is not installed"))
  func valid() throws {
    let folder = try ScratchFolder()
    let odd = ["</svg><script>alert(1)</script>", "\"><img src=x>", "\u{202E}x\u{0}\u{FFFE}", "<!--", "&amp;&#0;", "a"]
    let lines = odd.enumerated().map { index, text in
      JSONValue.object([
        .init("@timestamp", .string("2026-03-0\(index + 1)T00:00:00Z")), .init("event.action", .string("failed")),
        .init("email.subject", .string(text)), .init("email.from.address", .array([.string("\(text)@\(text)")])),
      ]).text
    }
    let events = try folder.write(lines.joined(separator: "\n"), to: "events.ndjson")
    let outcome = Program.run(["report", events, "--title", odd.joined()])
    let page = try folder.write(String(decoding: outcome.output, as: UTF8.self), to: "report.html")
    let checked = try TestProgram(["tidy", "-quiet", "-errors", "-utf8", page]).capture()
    #expect(checked.output.isEmpty && checked.errors.isEmpty, "\(checked.errors)")
  }

  @Test("the status of a collector is read from its state directory or from a status file")
  func health() throws {
    let fixture = try CollectFixture(messages: 20)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let state = folder("state")
    let collected = Program.run(fixture.arguments("graph", state: state), environment: fixture.environment)
    let events = try folder.write(String(decoding: collected.output, as: UTF8.self), to: "events.ndjson")
    let status = try folder.write(
      String(decoding: Program.run(["status", "--state", state, "--format", "json"]).output, as: UTF8.self),
      to: "status.json")
    for arguments in [["--state", state], ["--status-file", status]] {
      let page = String(decoding: Program.run(["report", events] + arguments).output, as: UTF8.self)
      #expect(page.contains("✓ collecting") && page.contains("revisit 15m"), "\(arguments)")
    }
  }

  @Test(
    "invalid input is an error",
    arguments: [
      (["report"], 64, "report FILE"), (["report", "/nonexistent"], 66, "/nonexistent"),
      (["report", "/proc/self/cmdline"], 65, "none of the"), (["report", "/dev/null", "--top", "0"], 64, "1 to 100"),
      (["report", "/dev/null", "--status-file", "/proc/self/cmdline"], 65, "status --format json"),
      (["report", "/dev/null", "--state", "/nonexistent"], 66, "nothing was collected"),
    ] as [([String], Int32, String)])
  func mistakes(_ arguments: [String], _ status: Int32, _ word: String) {
    let outcome = Program.run(arguments)
    #expect(outcome.errors.contains(word) && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(outcome.status == status)
  }
}
