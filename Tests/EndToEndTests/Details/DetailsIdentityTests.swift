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
    let fixture = try DetailsFixture(messages: 16)
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
