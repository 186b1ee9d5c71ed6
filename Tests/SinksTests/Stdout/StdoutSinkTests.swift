// Standard output as a pipe, a file, a device, or closed.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

@Suite("Standard output")
struct StdoutSinkTests {
  /// A pipe's two ends.
  private static func pipe() throws -> (read: Descriptor, write: Descriptor) {
    var ends: [Int32] = [0, 0]
    #expect(unsafe Glibc.pipe(&ends) == 0)
    return (Descriptor(ends[0], name: "read"), Descriptor(ends[1], name: "write"))
  }

  private static func readAll(_ descriptor: Descriptor, until count: Int) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while all.count < count {
      let got = unsafe read(descriptor.raw, &buffer, buffer.count)
      guard got > 0 else { break }
      all += buffer[..<got]
    }
    return all
  }

  private func code(_ body: () async throws -> Void) async -> String? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? Failure).map { "\($0.code) \($0.exit.rawValue)" }
    }
  }

  @Test(
    "a pipe's batch is delivered once its reader has read it, however much it is and however the pipe is set",
    arguments: [true, false])
  func pipe(nonBlocking: Bool) async throws {
    let (input, output) = try Self.pipe()
    if nonBlocking { #expect(Glibc.fcntl(output.raw, F_SETFL, O_WRONLY | O_NONBLOCK) == 0) }
    let entry = SinkContract.entry(1, count: 5_000)
    let sink = StdoutSink(log: .silent, descriptor: output.raw)
    let start = try await sink.open(at: nil)
    let executors = (ThreadExecutor(name: "writer"), ThreadExecutor(name: "reader"))
    async let position = withTaskExecutorPreference(executors.0) { try await sink.deliver(entry, from: start) }
    async let read = withTaskExecutorPreference(executors.1) { Self.readAll(input, until: entry.bytes.count) }
    #expect(await read == entry.bytes)
    #expect(try await position.sequence == 1)
  }

  @Test("a reader that goes before it has read everything leaves the batch undelivered")
  func readerGone() async throws {
    let (input, output) = try Self.pipe()
    let sink = StdoutSink(log: .silent, descriptor: output.raw)
    let start = try await sink.open(at: nil)
    let executors = (ThreadExecutor(name: "writer"), ThreadExecutor(name: "reader"))
    async let result = withTaskExecutorPreference(executors.0) {
      await code { _ = try await sink.deliver(SinkContract.entry(1), from: start) }
    }
    _ = await withTaskExecutorPreference(executors.1) { Self.readAll(input, until: 10) }
    _ = input.close()
    let first = await result
    // The whole batch fits one read, so the reader may have had it all.
    #expect(first == nil || first == "sink.stdout.epipe 74")
    #expect(await code { _ = try await sink.deliver(SinkContract.entry(2), from: start) } == "sink.stdout.epipe 74")
  }

  @Test("a reader that never reads keeps the batch back, and stopping works all the same")
  func stalled() async throws {
    let (input, output) = try Self.pipe()
    let sink = StdoutSink(log: .silent, descriptor: output.raw)
    let start = try await sink.open(at: nil)
    let task = Task { await code { _ = try await sink.deliver(SinkContract.entry(1, count: 5_000), from: start) } }
    task.cancel()
    #expect(await task.value == "stop.signal 75")
    _ = input.close()
  }

  @Test("closed, or open for reading only, is said at once")
  func closed() async throws {
    let (input, output) = try Self.pipe()
    let number = output.raw
    #expect(
      await code { _ = try await StdoutSink(log: .silent, descriptor: input.raw).open(at: nil) }
        == "sink.stdout.closed 74")
    _ = output.close()
    #expect(
      await code { _ = try await StdoutSink(log: .silent, descriptor: 1_000 + number).open(at: nil) }
        == "sink.stdout.closed 74")
  }

  @Test("a full device is an error, not a success")
  func full() async throws {
    let device = try FileCalls.system.open("/dev/full", O_WRONLY)
    let sink = StdoutSink(log: .silent, descriptor: device.raw)
    let start = try await sink.open(at: nil)
    #expect(await code { _ = try await sink.deliver(SinkContract.entry(1), from: start) } == "sink.stdout.enospc 74")
  }

  @Test("a file behind >> is written by position too, and what the shell runs next goes on behind it")
  func appending() async throws {
    let folder = try ScratchFolder()
    try folder.write("before\n", to: "out")
    let inherited = try FileCalls.system.open(folder("out"), O_WRONLY)
    lseek(inherited.raw, 0, SEEK_END)
    let sink = StdoutSink(log: .silent, descriptor: inherited.raw)
    _ = try await sink.deliver(SinkContract.entry(1), from: try await sink.open(at: nil))
    await sink.close()
    #expect(unsafe write(inherited.raw, "after\n", 6) == 6)
    let lines = SinkContract.lines(1).map { $0 + "\n" }.joined()
    #expect(try folder.text("out") == "before\n" + lines + "after\n")
  }

  @Test("another file than last time gets the batch whole")
  func otherFile() async throws {
    let folder = try ScratchFolder()
    var position: SinkPosition?
    for (index, name) in ["one", "two"].enumerated() {
      try folder.write("", to: name)
      let file = try FileCalls.system.open(folder(name), O_WRONLY)
      let sink = StdoutSink(log: .silent, descriptor: file.raw)
      let start = try await sink.open(at: position)
      position = try await sink.deliver(SinkContract.entry(UInt64(index + 1)), from: start)
      await sink.close()
      #expect(try folder.bytes(name) == SinkContract.entry(UInt64(index + 1)).bytes)
    }
  }
}
