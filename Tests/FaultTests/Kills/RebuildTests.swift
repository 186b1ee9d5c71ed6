// Damaged state: the error names the file, nothing continues silently, and `--rebuild-state` starts over.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct RebuildTests {
  @Test(
    "a damaged file of the state stops the run with exit status 65 and its name; starting over reads the horizon again",
    arguments: ["checkpoint.json", "seen/1.idx"])
  func damage(_ name: String) throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var figure = Figure()
    for place in [0.1, 0.5, 0.95] {
      var world = try FaultWorld(bench)
      #expect(world.collect() == 0, "\(world.errors())")
      let before = world.bytes()
      var bytes = try world.folder.bytes("state/\(name)")
      bytes[Int(Double(bytes.count) * place)] ^= 0x04
      try world.folder.write(bytes, to: "state/\(name)")
      let requests = bench.server.requests().count
      let status = world.collect()
      let said = world.errors()
      #expect(status == 65 && said.contains("state.corrupt") && said.contains(name), "\(status) \(said)")
      #expect(said.contains("--rebuild-state"))
      #expect(world.bytes() == before && bench.server.requests().count == requests)
      world.extra = ["--rebuild-state"]
      #expect(world.collect() == 0, "\(world.errors())")
      #expect(try world.folder.names("state").contains("damaged-1"))
      // What a new state does not know comes again, with the same ids: repeated at most once, none lost.
      let bytesNow = world.bytes()
      #expect(bytesNow.starts(with: before))
      var verdict = FaultWorld.judge(bytesNow, bench.truth)
      #expect(verdict.doubled == bench.rows)
      verdict.doubled = 0
      figure.add(verdict, exit: status)
    }
    FaultTable.record("damaged \(name), then --rebuild-state (repeats of the horizon not counted)", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("starting over reads as far back as a revisit may still see, not as a first run does")
  func horizon() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var world = try FaultWorld(bench)
    #expect(world.collect() == 0, "\(world.errors())")
    for name in try world.folder.names("state/seen") { try world.folder.write("\u{4}", to: "state/seen/\(name)") }
    world.since = "1h"
    #expect(world.collect() == 65, "\(world.errors())")
    world.extra = ["--rebuild-state"]
    #expect(world.collect() == 0)
    #expect(world.errors().contains("state.restart"))
    let verdict = world.verdict()
    #expect(verdict.lost == 0 && verdict.doubled == bench.rows)
  }

  @Test("a damaged journal entry that a sink still needs is repaired from the service")
  func journal() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    // Killed once the second batch is journaled: its entry is all that holds it.
    #expect(world.collect(Shim(mode: .killBefore, at: 2, calls: ["write"], path: "/out.ndjson")) == 137)
    let entry = "state/journal/1.slot"
    var bytes = try world.folder.bytes(entry)
    bytes[bytes.count / 2] ^= 0x10
    try world.folder.write(bytes, to: entry)
    #expect(world.collect() == 0, "\(world.errors())")
    var figure = Figure()
    figure.add(world.verdict())
    FaultTable.record("damaged journal entry", figure)
    #expect(figure.isPerfect, "\(figure)")
  }
}
