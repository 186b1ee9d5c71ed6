// Two sinks of one tenant: one that stands still, or that is taken away, costs the other nothing.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct SinkIsolationTests {
  enum Stuck: String, CaseIterable {
    case reader = "stdout: its reader stands still"
    case receiver = "tcp: accepts and never reads"
    case name = "tcp: its name is never resolved"
  }

  @Test(
    "a sink that stands still costs the file beside it nothing, and SIGTERM ends the pass", arguments: Stuck.allCases)
  func standingStill(_ stuck: Stuck) throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var world = try FaultWorld(bench)
    let (listener, port) = try listen()
    defer { close(listener) }
    let pipe = Pipe()
    var shim: Shim?
    switch stuck {
    case .reader: world.extra = ["--sink", "stdout"]
    case .receiver: world.extra = ["--sink", "tcp://127.0.0.1:\(port)?ack=eof-strict"]
    case .name:
      world.extra = ["--sink", "tcp://receiver.invalid:514"]
      shim = Shim(hangsResolver: true)
    }
    var launch = world.launch(shim)
    launch.output = .descriptor(pipe.writer)
    let child = try launch.start()
    pipe.closeWriter()
    #expect(Waiting.until(every: 20_000) { world.verdict().isPerfect || child.ended() != nil })
    #expect(child.ended() == nil, "nothing stood still")
    var figure = Figure()
    figure.add(world.verdict())
    let status = child.stop()
    // The forced end after nine seconds says nothing; an orderly one does.
    let said = world.errors()
    #expect(status == 75 && said.contains("stop.signal"), "\(status) \(said)")
    pipe.closeReader()
    FaultTable.record(stuck.rawValue, figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  @Test("a sink that the state knows and nobody configures ends the run, and misses nothing once it is back")
  func takenAway() throws {
    let bench = try FaultFixture()
    defer { bench.stop() }
    var world = try FaultWorld(bench)
    let second = ["--sink", "file:\(world.folder("second.ndjson"))"]
    world.extra = second
    let early = FaultFixture.now - .seconds(3_600)
    #expect(world.collect(now: early) == 0, "\(world.errors())")
    world.extra = []
    let status = world.collect()
    let said = world.errors()
    #expect(status == 78 && said.contains("sink.removed") && said.contains("second.ndjson"), "\(status) \(said)")
    world.extra = second
    #expect(world.collect() == 0, "\(world.errors())")
    var figure = Figure()
    figure.add(world.verdict(), exit: status)
    figure.add(FaultWorld.judge(try world.folder.bytes("second.ndjson"), bench.truth))
    FaultTable.record("a sink left out of one run", figure)
    #expect(figure.isPerfect, "\(figure)")
    world.extra = ["--forget-sink"]
    #expect(world.collect() == 0, "\(world.errors())")
  }

  /// A listener that accepts by its backlog only.
  private func listen() throws -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe Glibc.bind(listener, generic, length) == 0 && Glibc.listen(listener, 16) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    guard isBound else { throw FileFault(.open, "listener", errno) }
    return (listener, UInt16(bigEndian: address.sin_port))
  }
}
