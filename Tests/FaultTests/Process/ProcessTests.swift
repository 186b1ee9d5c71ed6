// What a process inherits: limits, closed descriptors, full devices, pipes whose readers stop or go.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct ProcessTests {
  @Test("a limit for file sizes is an error with exit status 74, not the end by SIGXFSZ")
  func sizeLimit() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var figure = Figure()
    for limit in [4_096, 20_000, 40_000] {
      let world = try FaultWorld(bench)
      var limited = world.launch()
      limited.words.insert(contentsOf: ["prlimit", "--fsize=\(limit)", "--"], at: 0)
      let status = try limited.run()
      #expect(status == 74 && world.errors().contains("io.efbig"), "\(limit): \(status)")
      let seen = world.bytes()
      #expect(world.collect() == 0 && world.bytes().starts(with: seen), "\(world.errors())")
      figure.add(world.verdict(), exit: status)
    }
    FaultTable.record("RLIMIT_FSIZE", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("too few descriptors are an error with exit status 71")
  func descriptors() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var figure = Figure()
    for limit in FaultTable.isLong ? Array(5...60) : [8, 11, 14, 40] {
      let world = try FaultWorld(bench)
      var limited = world.launch()
      limited.words.insert(contentsOf: ["prlimit", "--nofile=\(limit)", "--"], at: 0)
      let status = try limited.run()
      let said = world.errors()
      #expect(status == 71 || (limit < 8 && status == 127), "\(limit) descriptors: \(status), \(said)")
      #expect(world.collect() == 0, "\(world.errors())")
      figure.add(world.verdict(), exit: status)
    }
    FaultTable.record("RLIMIT_NOFILE", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("closed standard descriptors are harmless to a file sink, and no event lands in a file that took their number")
  func closed() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var figure = Figure()
    for which in 1...7 {
      let world = try FaultWorld(bench)
      var launch = world.launch()
      if which & 1 != 0 { launch.input = .closed }
      if which & 2 != 0 { launch.output = .closed }
      if which & 4 != 0 { launch.errors = .closed }
      let status = try launch.run()
      #expect(status == 0, "\(which): \(world.errors())")
      figure.add(world.verdict(), exit: status)
    }
    FaultTable.record("stdin, stdout, stderr closed, file sink", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  /// Where standard output cannot be had: what the exit status and the code are.
  @Test(
    "standard output that takes nothing: exit status 74, nothing moved",
    arguments: ["closed", "/dev/full", "reader gone"])
  func refusing(_ kind: String) throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var world = try FaultWorld(bench)
    world.sink = "stdout"
    var launch = world.launch()
    var pipe: Pipe?
    switch kind {
    case "closed": launch.output = .closed
    case "/dev/full": launch.output = .path("/dev/full")
    default:
      let broken = Pipe()
      broken.closeReader()
      launch.output = .descriptor(broken.writer)
      pipe = broken
    }
    let status = try launch.run()
    pipe?.closeWriter()
    let said = world.errors()
    #expect(status == 74 && said.contains(" error "), "\(status) \(said)")
    var figure = Figure()
    let (bytes, last) = try collectIntoPipe(world) { _ in false }
    #expect(last == 0, "\(world.errors())")
    figure.add(FaultWorld.judge(bytes, bench.truth), exit: status)
    FaultTable.record("stdout: \(kind)", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("a pipe that does not block loses nothing and costs no busy loop")
  func nonBlocking() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var world = try FaultWorld(bench)
    world.sink = "stdout"
    let pipe = Pipe()
    _ = fcntl(pipe.writer, F_SETFL, fcntl(pipe.writer, F_GETFL) | O_NONBLOCK)
    let setPipeSize: Int32 = 1_031  // F_SETPIPE_SZ of fcntl(2), which Glibc does not give to Swift
    _ = fcntl(pipe.writer, setPipeSize, 4_096)
    var launch = world.launch()
    launch.output = .descriptor(pipe.writer)
    let child = try launch.start()
    pipe.closeWriter()
    var bytes: [UInt8] = []
    while let some = pipe.read(1_000), !some.isEmpty {
      bytes += some
      usleep(200)
    }
    var figure = Figure()
    let status = child.wait()
    figure.add(FaultWorld.judge(bytes, bench.truth), exit: status)
    FaultTable.record("stdout: a small pipe with O_NONBLOCK and a slow reader", figure)
    #expect(status == 0 && figure.isPerfect, "\(figure) \(world.errors())")
  }

  @Test(
    "readers of the pipe that leave or are killed after any number of bytes: nothing lost, one batch repeated at most")
  func leavingReaders() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var figure = Figure()
    for taken in FaultTable.isLong ? Array(stride(from: 1, to: 70_000, by: 1_500)) : [1, 900, 20_000, 33_000, 60_000] {
      var world = try FaultWorld(bench)
      world.sink = "stdout"
      let (first, status) = try collectIntoPipe(world) { $0 >= taken }
      #expect([0, 74].contains(status), "\(taken): \(world.errors())")
      let (rest, last) = try collectIntoPipe(world) { _ in false }
      #expect(last == 0, "\(world.errors())")
      // A line that the first reader saw half of is not a line; it comes again whole.
      let whole = first[..<((first.lastIndex(of: 0x0A) ?? -1) + 1)]
      var verdict = FaultWorld.judge(Array(whole) + rest, bench.truth)
      #expect(verdict.doubled <= FaultFixture.pageSize, "\(taken): \(verdict)")
      verdict.doubled = 0
      figure.add(verdict, exit: status)
    }
    FaultTable.record("stdout: reader leaves (repeats up to one batch, not counted)", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  /// Collects into a pipe and reads it until the program ends, or until `isEnough` of the bytes so far.
  private func collectIntoPipe(_ world: FaultWorld, until isEnough: (Int) -> Bool) throws -> ([UInt8], Int32) {
    let pipe = Pipe()
    var launch = world.launch()
    launch.output = .descriptor(pipe.writer)
    let child = try launch.start()
    pipe.closeWriter()
    var bytes: [UInt8] = []
    while !isEnough(bytes.count), let some = pipe.read(1_500), !some.isEmpty { bytes += some }
    pipe.closeReader()
    return (bytes, child.wait())
  }

  @Test("no room for the state, or no right to it: refused before any request, with the exit status that says so")
  func stateRefused() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    #expect(world.collect() == 0)
    let requests = bench.server.requests().count
    chmodState(world, 0o770)
    #expect(world.collect() == 78)
    #expect(world.errors().contains("state.perms"))
    #expect(bench.server.requests().count == requests)
    chmodState(world, 0o700)
    #expect(world.collect() == 0 && world.verdict().isPerfect)
  }

  private func chmodState(_ world: FaultWorld, _ mode: mode_t) { unsafe chmod(world.folder("state"), mode) }

  @Test("ten runs at once: one works, the others name it and exit 75")
  func overlapping() throws {
    let bench = try FaultFixture(faults: FaultPlan([FaultRule(.latency(.milliseconds(500)))]))
    defer { bench.stop() }
    let world = try FaultWorld(bench)
    let first = try world.launch().start()
    // Only a run that holds the lock sends requests: from now on the others meet it.
    while bench.server.requests().isEmpty && first.ended() == nil { usleep(1_000) }
    let children = try (0..<9).map { _ in try world.launch().start() }
    let statuses = ([first] + children).map { $0.wait() }
    #expect(statuses.count { $0 == 0 } >= 1 && statuses.allSatisfy { [0, 75].contains($0) }, "\(statuses)")
    var figure = Figure()
    figure.add(world.verdict())
    figure.exits = Set(statuses)
    FaultTable.record("ten overlapping runs", figure)
    #expect(figure.isPerfect && statuses.contains(75), "\(figure) \(world.errors())")
  }
}
