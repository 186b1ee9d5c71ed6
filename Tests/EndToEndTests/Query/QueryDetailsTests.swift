// `collect --details`: delivery events of rows with the selected statuses, each once.

import Collector
import IntakeCore
import IntakeTesting
import Simulator
import Testing

@Suite("Details while collecting", .ownThreads)
struct QueryDetailsTests {
  @Test(
    "details are collected beside the rows, in both modes, within their share, each once",
    arguments: ["graph", "reporting"])
  func collect(_ mode: String) throws {
    let fixture = try QueryFixture(messages: 300)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let wanted = fixture.rows.filter { [.failed, .quarantined].contains($0.status(at: fixture.now) ?? .delivered) }
    #expect(wanted.count > 8)
    let arguments = [
      "collect", "--state", folder("state"), "--sink", "file:\(folder("out.ndjson"))", "--details",
      "failed,quarantined", "--details-share", "5",
    ]
    let share = mode == "graph" ? 4 : 15
    for _ in 0..<2 {
      let outcome = fixture.run(arguments, mode: mode)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(asked(fixture) == min(share, wanted.count))
    for minutes in stride(from: 6, through: 6 * (wanted.count / share + 1), by: 6) {
      let later = Timestamp.text(TimeSource.system.now() + .seconds(60 * minutes))
      #expect(fixture.run(arguments + ["--now", later], mode: mode).status == 0)
    }
    #expect(asked(fixture) == wanted.count)
    let verified = Program.run(["verify", folder("out.ndjson")])
    #expect(verified.status == 0, "\(verified.lines)")
    let lines = try FileBytes.read(folder("out.ndjson"), purpose: "output").split(separator: 0x0A)
    let details = lines.filter { $0.contains(Array("\"o365.message_trace_detail\"".utf8)) }
    #expect(lines.count - details.count == fixture.rows.count)
    let messages = Set(
      details.compactMap { (try? JSONValue(parsing: Array($0)))?["email.local_id"]?.string })
    #expect(messages == Set(wanted.map(\.message.traceID)))
    #expect(details.count >= 2 * wanted.count)
  }

  @Test("after details are switched off, the journal no longer waits for them")
  func switchedOff() throws {
    let fixture = try QueryFixture(messages: 50)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let arguments = ["collect", "--state", folder("state")]
    let early = Timestamp.text(fixture.now - .seconds(3 * 3_600))
    let first = fixture.run(arguments + ["--details", "expanded", "--now", early])
    #expect(first.status == 0 && !first.lines.isEmpty, "\(first.errors)")
    let second = fixture.run(arguments)
    #expect(second.status == 0 && !second.lines.isEmpty, "\(second.errors)")
    let checkpoint = try FileBytes.read(folder("state/checkpoint.json"), purpose: "checkpoint")
    let sequence = try JSONValue(parsing: checkpoint)["seq"]?.integer
    let sinks = try JSONValue(parsing: checkpoint)["sinks"]
    #expect(sinks?["details"]?["seq"]?.integer == sequence && (sequence ?? 0) > 1)
  }

  private func asked(_ fixture: QueryFixture) -> Int {
    fixture.server.requests().count { request in
      request.path.lowercased().contains("getdetails") || request.path.lowercased().hasSuffix("messagetracedetail")
    }
  }
}
