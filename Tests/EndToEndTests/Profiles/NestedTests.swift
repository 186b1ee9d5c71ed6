// Nested events through the commands: each works on them or refuses with what to do.

import IntakeCore
import IntakeTesting
import Simulator
import Testing

@Suite struct NestedTests {
  @Test(
    "collect writes nested events with their details; verify and status know them, query gives them, report refuses")
  func commands() throws {
    let fixture = try DetailsFixture(messages: 6)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let file = folder("out.ndjson")
    let profile = ["--profile", "udm-flat", "--nested"]
    let collected = fixture.start("graph", state: folder("state"), file: file, profile).finish()
    #expect(collected.status == 0 && collected.errors.isEmpty, "\(collected.errors)")
    let lines = String(decoding: try FileBytes.read(file, purpose: "output"), as: UTF8.self).split(separator: "\n").map(
      String.init)
    #expect(lines.count > fixture.settings.tenant.rowCount)
    for line in lines {
      let event = try JSONValue(parsing: Array(line.utf8))
      #expect(event["metadata"]?["event_type"]?.string == "EMAIL_TRANSACTION" && event["additional"]?["dataset"] != nil)
      #expect(event["security_result"]?.array?.first?["action"]?.array?.count == 1)
      #expect((event.members ?? []).allSatisfy { !$0.key.contains(".") })
    }
    let verified = Program.run(["verify", file])
    #expect(verified.status == 0 && verified.lines.contains("without event.id    0"), "\(verified.lines)")
    #expect(verified.lines.contains { $0.hasPrefix("batches") })
    let twice = try folder.write((lines + [lines[0]]).joined(separator: "\n") + "\n", to: "twice")
    #expect(Program.run(["verify", twice]).lines.contains("repeated event ids  1"))
    #expect(Program.run(["status", "--state", folder("state")]).status == 0)
    let report = Program.run(["report", file])
    #expect(report.status == 65 && report.output.isEmpty, "\(report.errors)")
    #expect(report.errors.contains("cim or udm-flat") && report.errors.contains("events of --nested cannot be read"))
    let query = Program.run(
      [
        "query", "--format", "ndjson", "--mode", "graph", "--tenant", fixture.settings.tenant.name, "--client-id",
        fixture.settings.clientID, "--graph-url", fixture.server.graphURL, "--authority", fixture.server.authorityURL,
        "--state", folder("none"),
      ] + profile, environment: ["MESSAGE_TRACE_CLIENT_SECRET": fixture.settings.clientSecret])
    #expect(query.status == 0 && query.lines.count == fixture.settings.tenant.rowCount, "\(query.errors)")
    #expect(Set(query.lines.compactMap { EventID.of($0) }).isSubset(of: Set(lines.compactMap { EventID.of($0) })))
  }

  @Test("a report of mixed files leaves out what it cannot read, and says so")
  func mixed() throws {
    let folder = try ScratchFolder()
    func normalised(_ profile: [String]) throws -> String {
      let outcome = Program.run(["normalise", "\(ShapeCase.folder)/graph.in.json", "--profile"] + profile)
      return try folder.write(outcome.output, to: profile.joined())
    }
    let files = [try normalised(["ecs"]), try normalised(["cim"]), try normalised(["udm-flat", "--nested"])]
    let report = Program.run(["report"] + files)
    #expect(report.status == 0 && report.errors.contains("2 lines are no events of the profiles ecs, sekoia, cim or"))
    for (file, status) in zip(files, [0, 0, 65] as [Int32]) { #expect(Program.run(["report", file]).status == status) }
  }
}
