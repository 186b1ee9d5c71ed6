// The process dies, or the disk fails, at every single file call: nothing lost, nothing doubled, no torn line.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("Crashes and failing disks")
struct CrashTests {
  static let faults: [FileCalls.Fault] = [
    .error(FileFaultPlan.death), .half(FileFaultPlan.death), .error(EIO), .half(ENOSPC), .error(EMFILE),
    .error(EROFS),
  ]

  @Test("a fault at any call loses, doubles and tears nothing", arguments: faults)
  func everyCall(fault: FileCalls.Fault) async throws {
    var points = 0
    while true {
      let world = try World()
      let plan = FileFaultPlan(at: points + 1, fault)
      let failure = await run(world, plan.files)
      guard plan.struck else { break }
      points += 1
      let seen = try world.folder.bytes("out.ndjson")
      if failure != nil || fault == .error(FileFaultPlan.death) { try await world.run() }
      try expectWhole(world, startingWith: seen, "call \(points): \(plan.seen.last?.description ?? "")")
    }
    #expect(points > 80)
  }

  @Test("a second death while recovering from the first changes nothing", arguments: [0, 1, 2, 3])
  func duringRecovery(seed: Int) async throws {
    var first = 1 + seed
    while true {
      let world = try World()
      let plan = FileFaultPlan(at: first, .half(FileFaultPlan.death))
      _ = await run(world, plan.files)
      guard plan.struck else { break }
      for second in stride(from: 1 + (first + seed) % 7, to: 60, by: 11) {
        _ = await run(world, FileFaultPlan(at: second, .half(FileFaultPlan.death)).files)
      }
      try await world.run()
      try expectWhole(world, startingWith: [], "after \(first)")
      first += 5
    }
  }

  @Test("short writes and interrupted calls are carried on with", arguments: [FileCalls.Fault.short, .error(EINTR)])
  func carriedOn(fault: FileCalls.Fault) async throws {
    let world = try World()
    let toggle = Toggle()
    let files = FileCalls { call, _ in call == .write && toggle.next() ? fault : nil }
    try await world.run(files)
    try expectWhole(world, startingWith: [], "")
  }

  @Test("every sync stands before the step that relies on it")
  func order() async throws {
    let world = try World()
    try await world.run()
    var later = world
    later.rows = 4
    let plan = FileFaultPlan.watching()
    let state = try StateDirectory.open(world.state, tenant: "contoso", log: .silent, files: plan.files)
    defer { state.close() }
    let calls = try await BatchCalls.record(state, plan, output: world.output)
    let entry = "1.slot"
    #expect(
      calls == [
        "open \(entry)", "write \(entry)", "write \(entry)", "write \(entry)", "sync \(entry)",
        "sync journal",
        "read out.ndjson", "read out.ndjson", "write out.ndjson", "syncData out.ndjson", "read out.ndjson",
        "open 1.idx", "write 1.idx", "syncData 1.idx",
        "open checkpoint.json.tmp", "write checkpoint.json.tmp", "sync checkpoint.json.tmp",
        "close checkpoint.json.tmp",
        "rename checkpoint.json", "sync \(world.state)",
      ])
  }

  private func run(_ world: World, _ files: FileCalls) async -> Failure? {
    do throws(Failure) {
      try await world.run(files)
      return nil
    } catch {
      return error
    }
  }

  private func expectWhole(_ world: World, startingWith seen: [UInt8], _ what: String) throws {
    #expect(try world.lines() == world.expected, "\(what)")
    let whole = seen[..<((seen.lastIndex(of: 0x0A) ?? -1) + 1)]
    #expect(try world.folder.bytes("out.ndjson").starts(with: whole), "\(what): what a reader has seen has changed")
  }
}
