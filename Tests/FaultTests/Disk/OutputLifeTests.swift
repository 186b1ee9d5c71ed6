// What befalls the output file between two runs, and while a batch is pending in the journal.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct OutputLifeTests {
  /// Something done to the output file, and what may come of it.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    /// Files to be read together afterwards, oldest first.
    var files: [String] = ["out.ndjson"]
    /// Lines of others and torn pieces that stay in the files.
    var foreign = 0
    /// Events that may stand there twice: the batch that was pending.
    var doubled = 0
    /// Whether events that were there are gone by the case's own doing.
    var losesOld = false
    var act: @Sendable (ScratchFolder) throws -> Void
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "rotated", files: ["out.ndjson.1", "out.ndjson"], foreign: 1) {
      try $0.rename("out.ndjson", to: "out.ndjson.1")
    },
    Case(name: "rotated and created anew", files: ["out.ndjson.1", "out.ndjson"], foreign: 1) {
      try $0.rename("out.ndjson", to: "out.ndjson.1")
      try $0.write("", to: "out.ndjson")
    },
    Case(name: "copied and truncated", files: ["copy", "out.ndjson"], foreign: 1, doubled: 40) {
      try $0.write(try $0.bytes("out.ndjson"), to: "copy")
      try $0.write("", to: "out.ndjson")
    },
    Case(name: "deleted with what it held", doubled: 40, losesOld: true) { try $0.remove("out.ndjson") },
    Case(name: "a torn line of another writer", foreign: 2, doubled: 40) {
      try $0.append("{\"a\":", to: "out.ndjson")
    },
    Case(name: "a whole line of another writer", foreign: 2, doubled: 40) {
      try $0.append("{\"event.id\":\"00000000000000000000000000000000\"}\n", to: "out.ndjson")
    },
  ]

  @Test("between two runs", arguments: cases)
  func between(_ fate: Case) throws {
    let verdict = try live(fate, first: nil)
    #expect(verdict.doubled == 0 && (verdict.lost == 0 || fate.losesOld), "\(verdict)")
    #expect(verdict.invalid + verdict.unknown <= fate.foreign, "\(verdict)")
  }

  @Test("while a batch is pending that was half written", arguments: cases)
  func pending(_ fate: Case) throws {
    let verdict = try live(fate, first: Shim(mode: .halfThenKill, at: 2, calls: ["write"], path: "/out.ndjson"))
    #expect(verdict.doubled <= fate.doubled && (verdict.lost == 0 || fate.losesOld), "\(verdict)")
    #expect(verdict.invalid + verdict.unknown <= fate.foreign, "\(verdict)")
  }

  /// A first run (two hours earlier, or killed), the fate, a second run; the verdict over all files together.
  private func live(_ fate: Case, first: Shim?) throws -> DeliveryOracle.Verdict {
    let bench = try FaultFixture()
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    let status = world.collect(first, now: first == nil ? FaultFixture.now - .seconds(7_200) : FaultFixture.now)
    #expect(status == (first == nil ? 0 : 137), "\(world.errors())")
    try fate.act(world.folder)
    let seen = try fate.files.map { try world.folder.bytes($0) }
    #expect(world.collect() == 0, "\(world.errors())")
    for (name, before) in zip(fate.files, seen) { #expect(try world.folder.bytes(name).starts(with: before)) }
    _ = world.errors()
    var bytes: [UInt8] = []
    for name in fate.files {
      bytes += try world.folder.bytes(name)
      if let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
    }
    let verdict = FaultWorld.judge(bytes, bench.truth)
    var figure = Figure()
    figure.add(verdict)
    FaultTable.record("output \(fate.name), \(first == nil ? "between runs" : "while a batch is pending")", figure)
    return verdict
  }

  @Test("what is no regular file is refused before any request", arguments: ["link", "pipe", "directory"])
  func refused(_ kind: String) throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    switch kind {
    case "link": unsafe symlink("/etc/hostname", world.output)
    case "pipe": unsafe mkfifo(world.output, 0o600)
    default: unsafe mkdir(world.output, 0o700)
    }
    #expect(world.collect() == 73)
    #expect(world.errors().contains(kind == "link" ? "sink.file.symlink" : "sink.file.not_regular"))
    #expect(bench.server.requests().isEmpty)
  }

  @Test("standard output appended to a file (>>) is as exact as the file sink, through kills at every write")
  func appended() throws {
    let bench = try FaultFixture(mode: "reporting")
    defer { bench.stop() }
    var figure = Figure()
    for point in stride(from: 1, to: 100, by: FaultTable.isLong ? 1 : 4) {
      var world = try FaultWorld(bench)
      world.sink = "stdout"
      var statuses: [Int32] = []
      for shim in [Shim(mode: .halfThenKill, at: point, calls: ["write"]), nil] {
        var launch = world.launch(shim)
        launch.output = .path(world.output)
        statuses.append(try launch.run())
      }
      #expect([0, 137].contains(statuses[0]) && statuses[1] == 0, "\(statuses) \(world.errors())")
      let verdict = world.verdict()
      #expect(verdict.isPerfect, "write \(point): \(verdict) \(world.errors())")
      guard statuses[0] != 0 else { break }
      figure.add(verdict, exit: statuses[0])
    }
    FaultTable.record("stdout >> file, kill -9 in the middle of writes", figure)
    #expect(figure.isPerfect, "\(figure)")
  }
}

extension ScratchFolder {
  fileprivate func append(_ text: String, to name: String) throws {
    try write(try bytes(name) + Array(text.utf8), to: name)
  }
}
