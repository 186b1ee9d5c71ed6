// Delivery events as the built program collects them: the same from each service, in every profile, and across a change
// of mode.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@Suite struct DetailsIdentityTests {
  private static let profiles = [
    ["--profile", "ecs"], ["--profile", "sekoia"], ["--profile", "cim"], ["--profile", "udm-flat"],
    ["--profile", "udm-flat", "--nested"],
  ]

  @Test("rows and details have the same ids in all three modes and in every profile")
  func same() throws {
    let fixture = try DetailsFixture(messages: 8)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    var found: [FileIDs] = []
    for (number, profile) in Self.profiles.enumerated() {
      let runs = DetailsFixture.modes.map { mode in
        let name = "\(mode)-\(number)"
        return (
          mode, fixture.start(mode, state: folder("\(name).state"), file: folder("\(name).ndjson"), profile),
          folder("\(name).ndjson")
        )
      }
      for (mode, run, file) in runs {
        let outcome = run.finish()
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(profile) \(mode): \(outcome.errors)")
        found.append(try FileIDs(file))
      }
    }
    let first = try #require(found.first)
    #expect(first.rows.count == fixture.settings.tenant.rowCount)
    #expect(first.details.count >= 2 * first.rows.count)
    for other in found { #expect(other == first) }
  }

  @Test(
    "details of a hundred messages, over several rounds of their share of the quota, are the same from each service")
  func hundred() throws {
    let fixture = try DetailsFixture(messages: 100)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let ways = DetailsFixture.modes.map { ($0, "cim") } + [("graph", "raw"), ("reporting", "raw")]
    for round in 0..<3 {
      let now = ["--now", Timestamp.text(fixture.now + .seconds(301 * round))]
      let runs = ways.map { mode, profile in
        fixture.start(
          mode, state: folder("\(mode)-\(profile)"), file: folder("\(mode)-\(profile).ndjson"),
          now + ["--profile", profile])
      }
      for run in runs { #expect(run.finish().status == 0) }
    }
    let graph = try FileIDs(folder("graph-cim.ndjson"))
    #expect(graph.rows.count == fixture.settings.tenant.rowCount && graph.details.count >= 200)
    for mode in DetailsFixture.modes { #expect(try FileIDs(folder("\(mode)-cim.ndjson")) == graph, "\(mode)") }
    for mode in ["graph", "reporting"] {
      let stored = Program.run(
        ["normalise", folder("\(mode)-raw.ndjson"), "--profile", "cim", "--tenant", fixture.settings.tenant.name])
      #expect(stored.status == 0 && stored.errors.isEmpty, "\(stored.errors)")
      #expect(try FileIDs(folder.write(stored.output, to: "stored")) == graph, "\(mode), stored")
    }
  }

  @Test("when the mode changes with the same state, no delivery event is lost, doubled, or has another id")
  func switching() throws {
    let fixture = try DetailsFixture(messages: 40)
    defer { fixture.server.stop() }
    let folder = try ScratchFolder()
    let file = folder("switched.ndjson")
    let modes = ["graph", "reporting", "beta-2021", "graph", "reporting"]
    for (number, mode) in modes.enumerated() {
      let now = fixture.now - .seconds(3_600 * (modes.count - 1 - number))
      let outcome = fixture.start(
        mode, state: folder("switched"), file: file, ["--now", Timestamp.text(now)]
      ).finish()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let whole = folder("whole.ndjson")
    #expect(fixture.start("graph", state: folder("whole"), file: whole).finish().status == 0)
    let switched = try FileIDs(file)
    #expect(try FileIDs(whole) == switched)
    #expect(switched.rows.count == fixture.settings.tenant.rowCount)
    #expect(Program.run(["verify", file]).status == 0)
  }
}
