// One receiver dead for an hour, as a daemon meets it: the file beside it stays current, and nothing is missing afterwards.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("A dead receiver beside a live file")
struct DeadSinkTests {
  private static let start = Instant(seconds: 1_790_000_000)

  private func row(_ minute: Int) -> RowSource.Row {
    RowSource.Row(received: Self.start + .seconds(minute * 60), text: "{\"event.id\":\"\(minute)\"}")
  }

  @Test("it holds back only itself, and gets everything in order once it is back")
  func hour() async throws {
    try await withTaskExecutorPreference(ThreadExecutor(name: "hour")) { try await pass() }
  }

  private func pass() async throws {
    let folder = try ScratchFolder()
    let port = try Loopback.freePort()
    let specs = try ["tcp://127.0.0.1:\(port)", "file:\(folder("out"))"].map { try SinkSpec(parsing: $0) }
    let source = RowSource([])
    let time = ManualClock(Self.start)
    var state = MemoryStore()
    var receiver: Receiver?
    for minute in 0...61 {
      if minute == 61 { receiver = try Receiver(.orderly, port: port) }
      source.add(row(minute))
      var pipeline = Pipeline(
        source: source, mapping: PlainMapping(),
        sinks: try specs.map { try $0.makeSink(log: .silent, time: time.source) },
        state: state, time: time.source)
      try await pipeline.open()
      try await pipeline.drain()
      let window = Window(start: Self.start, end: Self.start + .seconds(minute * 60 + 1))
      _ = try await pipeline.read(window, moving: "live", age: .zero)
      await pipeline.close()
      state = pipeline.state
      let lines = try folder.text("out").split(separator: "\n")
      #expect(lines.count == minute + 1, "the file is behind in minute \(minute)")
      #expect(state.pending.count == (minute == 61 ? 0 : minute + 1))
      #expect(state.checkpoint.cursors["live"] == window.end)
    }
    #expect(Frames.ids(receiver?.connections ?? []) == (0...61).map { "\($0)" })
    // All the retries of an hour: those of the first batch, and none after it.
    #expect(time.sleeps.count == 7)
    receiver?.stop()
  }
}
