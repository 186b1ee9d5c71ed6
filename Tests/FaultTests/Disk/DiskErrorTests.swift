// A disk that refuses: every error at every call, short writes, interrupted calls, and the order in which things are synced.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct DiskErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var number: Int32
    var calls: [String]
    /// In the bounded form every so-manieth call is struck.
    var step: Int
    /// Exit statuses that the first run may end with: 0 where the call was one that nothing depends on.
    var exits: Set<Int32>
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "ENOSPC", number: ENOSPC, calls: ["write", "fsync", "fdatasync", "rename", "mkdir"], step: 7,
      exits: [0, 74]),
    Case(name: "EIO", number: EIO, calls: [], step: 12, exits: [0, 74]),
    Case(name: "EDQUOT", number: EDQUOT, calls: ["write", "mkdir"], step: 7, exits: [0, 74]),
    Case(name: "EFBIG", number: EFBIG, calls: ["write", "truncate"], step: 5, exits: [0, 74]),
    Case(name: "EMFILE", number: EMFILE, calls: ["open"], step: 5, exits: [0, 71]),
    Case(name: "ENOLCK", number: ENOLCK, calls: ["flock"], step: 1, exits: [0, 71]),
    Case(name: "EROFS", number: EROFS, calls: ["rename", "unlink"], step: 4, exits: [0, 73]),
  ]

  /// Strikes once, or from one call on; whatever is claimed done must be done, and the next run completes the rest.
  private func strike(_ fault: Case, onward: Bool) throws -> Figure {
    let bench = try FaultFixture(mode: "reporting")
    defer { bench.stop() }
    var figure = Figure()
    for point in stride(from: 1, to: 2_000, by: FaultTable.isLong ? 1 : fault.step * (onward ? 3 : 1)) {
      let world = try FaultWorld(bench)
      let log = world.side("calls")
      let shim = Shim(
        mode: .errno, at: point, number: fault.number, onward: onward, calls: fault.calls, log: log)
      let status = world.collect(shim)
      let said = world.errors()
      let count = ((try? FileBytes.read(log, purpose: "log")) ?? []).count { $0 == 0x0A }
      guard count >= point else {
        #expect(status == 0, "no call was struck: \(said)")
        return figure
      }
      let claimed = world.verdict()
      let seen = world.bytes()
      let what = "\(fault.name) at call \(point)\(onward ? " and ever after" : ""): exit \(status), \(said)"
      #expect(fault.exits.contains(status), "\(what)")
      #expect(status != 0 || claimed.isPerfect, "\(what): done was claimed too early")
      #expect(status == 0 || (said.contains(" error ") && !said.contains("correct horse")), "\(what)")
      let again = world.collect()
      let verdict = world.verdict()
      #expect(
        again == 0 && verdict.isPerfect && world.bytes().starts(with: seen), "\(what) \(world.errors()) \(verdict)")
      figure.add(verdict, exit: status)
    }
    return figure
  }

  @Test(
    "an error of the disk stops the pass with its exit code, and the next pass completes the file", arguments: cases)
  func once(_ fault: Case) throws {
    let figure = try strike(fault, onward: false)
    FaultTable.record(
      "\(fault.name) once, \(fault.calls.isEmpty ? "any call" : fault.calls.joined(separator: " "))", figure)
    #expect(figure.isPerfect && figure.exits.contains(fault.exits.max() ?? 0), "\(figure)")
  }

  @Test("an error that stays until it is fixed loses nothing either", arguments: cases.prefix(2))
  func forEver(_ fault: Case) throws {
    let figure = try strike(fault, onward: true)
    FaultTable.record("\(fault.name) from one call on", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("short writes and interrupted calls have no effect", arguments: [Shim.Mode.short, .eintr])
  func partial(_ mode: Shim.Mode) throws {
    var figure = Figure()
    for service in ["graph", "reporting"] {
      let bench = try FaultFixture(mode: service)
      defer { bench.stop() }
      let world = try FaultWorld(bench)
      let status = world.collect(Shim(mode: mode))
      #expect(status == 0, "\(world.errors())")
      figure.add(world.verdict(), exit: status)
    }
    FaultTable.record(mode == .short ? "every write short" : "every second call interrupted", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("in one batch every sync stands before the step that relies on it")
  func order() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    let log = world.side("calls")
    let calls = ["open", "write", "fsync", "fdatasync", "rename", "unlink", "truncate"]
    #expect(world.collect(Shim(calls: calls, log: log)) == 0)
    let all = String(decoding: try FileBytes.read(log, purpose: "log"), as: UTF8.self).split(separator: "\n")
      .map { String($0).replacing("\(world.folder.path)/", with: "").replacing(world.folder.path, with: ".") }
      .map { $0.replacing("state/", with: "") }
    let lines = all.filter { !$0.hasPrefix("open ") && !$0.hasSuffix(" quota") && !$0.hasPrefix("write lock") }
    let entry = "journal/1.slot"
    let writes = lines.indices.filter { lines[$0] == "write \(entry)" }
    guard writes.count > 6, let last = lines[writes[3]...].firstIndex(of: "fsync state") else {
      Issue.record("the second batch is not in the log: \(lines)")
      return
    }
    #expect(
      Array(lines[writes[3]...last]) == [
        "write \(entry)", "write \(entry)", "write \(entry)", "fdatasync \(entry)",
        "write out.ndjson", "fdatasync out.ndjson",
        "write seen/1.idx", "fdatasync seen/1.idx",
        "write checkpoint.json.tmp", "fsync checkpoint.json.tmp", "rename checkpoint.json", "fsync state",
      ])
    // What is made anew has its name synced before anything relies on it.
    for (made, synced, then) in [
      ("open out.ndjson", "fsync .", "write out.ndjson"), ("open seen/1.idx", "fsync seen", "rename checkpoint.json"),
    ] {
      let first = all.firstIndex(of: made) ?? all.count
      let rest = all[first...]
      let sync = rest.firstIndex(of: synced) ?? all.count
      #expect(sync < rest.firstIndex(of: then) ?? 0, "\(synced) stands not between \(made) and \(then)")
    }
  }
}
