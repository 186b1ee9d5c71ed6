// The output file's life: rotated, truncated, removed, replaced, shared with others. Cases after the fault matrix (D).

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("File sink")
struct FileSinkTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func sink(_ files: FileCalls = .system) -> FileSink {
    FileSink(path: folder("out"), log: .silent, files: files)
  }

  private func lines(_ name: String = "out") throws -> [String] {
    try folder.text(name).split(separator: "\n").map(String.init)
  }

  private func text(_ sequences: UInt64...) -> String {
    sequences.flatMap { SinkContract.lines($0) }.map { $0 + "\n" }.joined()
  }

  private func bytes(_ sequences: UInt64...) -> [UInt8] { sequences.flatMap { SinkContract.entry($0).bytes } }

  /// Opens a sink, delivers batch 1, and gives the position behind it.
  private func delivered(_ sink: FileSink) async throws -> SinkPosition {
    try await sink.deliver(SinkContract.entry(1), from: try await sink.open(at: nil))
  }

  @Test("a file that exists is added to, on a fresh line where its last one is torn")
  func fresh() async throws {
    try folder.write("{\"a\":", to: "out")
    let sink = sink()
    let position = try await delivered(sink)
    _ = try await sink.deliver(SinkContract.entry(2), from: position)
    #expect(try folder.text("out") == "{\"a\":\n" + text(1, 2))
    _ = try await sink.deliver(SinkContract.entry(2), from: position)
    #expect(try folder.text("out") == "{\"a\":\n" + text(1, 2))
  }

  @Test(
    "any torn tail of an earlier attempt is completed in place, holes of a power cut too",
    arguments: [0, 1, 200, 700, 1_300])
  func torn(kept: Int) async throws {
    let first = sink()
    let position = try await delivered(first)
    await first.close()
    let whole = bytes(1, 2)
    let from = bytes(1).count
    for hole in [0, 100, 5_000] {
      var tail = Array(bytes(2).prefix(kept)) + [UInt8](repeating: 0, count: hole)
      if hole == 100 { tail += Array(bytes(2).dropFirst(tail.count).prefix(50)) }
      try folder.write(Array(whole[..<from]) + tail, to: "out")
      let again = sink()
      _ = try await again.open(at: position)
      let end = try await again.deliver(SinkContract.entry(2), from: position)
      await again.close()
      #expect(end.file?.offset == Int64(whole.count))
      #expect(try Array(folder.bytes("out").prefix(whole.count)) == whole)
      #expect(try folder.bytes("out").dropFirst(whole.count).allSatisfy { $0 == 0 })
    }
  }

  @Test("bytes of others are never overwritten, and our batch is not doubled", arguments: [0, 300, 900])
  func foreign(kept: Int) async throws {
    let first = sink()
    let position = try await delivered(first)
    await first.close()
    try folder.write(bytes(1) + Array(bytes(2).prefix(kept)) + Array("#foreign".utf8), to: "out")
    for _ in 1...2 {
      let again = sink()
      _ = try await again.open(at: position)
      let end = try await again.deliver(SinkContract.entry(2), from: position)
      await again.close()
      #expect(end.file?.offset == Int64(try folder.bytes("out").count))
    }
    let found = try lines()
    #expect(found.filter { $0.hasSuffix("#foreign") }.count == 1)
    #expect(found.filter { !$0.hasSuffix("#foreign") } == SinkContract.lines(1) + SinkContract.lines(2))
    #expect(try folder.bytes("out").starts(with: bytes(1) + Array(bytes(2).prefix(kept)) + Array("#foreign".utf8)))
  }

  @Test("what somebody appends behind a complete batch is left alone, and the next batch begins on a fresh line")
  func appended() async throws {
    let first = sink()
    let position = try await delivered(first)
    try folder.write(bytes(1, 2) + Array("other".utf8), to: "out")
    let second = try await first.deliver(SinkContract.entry(2), from: position)
    _ = try await first.deliver(SinkContract.entry(3), from: second)
    #expect(try folder.text("out") == text(1, 2) + "other\n" + text(3))
  }

  @Test("renamed and made anew: the next batch goes to the new file")
  func rotated() async throws {
    let sink = sink()
    let position = try await delivered(sink)
    try folder.rename("out", to: "out.1")
    let second = try await sink.deliver(SinkContract.entry(2), from: position)
    #expect(try folder.text("out.1") == text(1) && folder.text("out") == text(2))
    #expect(try await sink.deliver(SinkContract.entry(2), from: position) == second)
    #expect(try folder.text("out") == text(2))
  }

  @Test(
    "rotated with a batch in doubt: the new file gets only the lines that the old one lacks",
    arguments: [0, 150, 800, 5_000])
  func rotatedInDoubt(kept: Int) async throws {
    let first = sink()
    let position = try await delivered(first)
    await first.close()
    try folder.write(bytes(1) + Array(bytes(2).prefix(kept)), to: "out")
    try folder.rename("out", to: "out.1")
    try folder.write("{\"new\":1}\n", to: "out")
    for attempt in 1...3 {
      let again = sink()
      _ = try await again.open(at: position)
      _ = try await again.deliver(SinkContract.entry(2), from: position)
      await again.close()
      if attempt == 1, kept < 5_000 { try folder.write(Array(try folder.bytes("out").dropLast(40)), to: "out") }
    }
    let complete = Set(SinkContract.lines(1) + SinkContract.lines(2))
    let all = try (lines("out.1") + lines("out")).filter(complete.contains)
    #expect(all == SinkContract.lines(1) + SinkContract.lines(2))
    #expect(try lines().first == "{\"new\":1}")
  }

  @Test("rotated, compressed and removed with a batch in doubt: the whole batch again")
  func rotatedAway() async throws {
    let first = sink()
    let position = try await delivered(first)
    await first.close()
    try folder.rename("out", to: "out.1")
    try folder.write("", to: "out")
    try folder.remove("out.1")
    let again = sink()
    _ = try await again.open(at: position)
    _ = try await again.deliver(SinkContract.entry(2), from: position)
    #expect(try folder.text("out") == text(2))
  }

  @Test("copied and truncated: goes on at the end, once")
  func truncated() async throws {
    let sink = sink()
    let position = try await delivered(sink)
    try folder.write("", to: "out")
    for _ in 1...3 { _ = try await sink.deliver(SinkContract.entry(2), from: position) }
    #expect(try folder.text("out") == text(2))
  }

  @Test("deleted: made again")
  func deleted() async throws {
    let sink = sink()
    let position = try await delivered(sink)
    try folder.remove("out")
    _ = try await sink.deliver(SinkContract.entry(2), from: position)
    #expect(try folder.text("out") == text(2))
  }

  @Test("offsets beyond 4 GiB are no trouble")
  func large() async throws {
    let sink = sink()
    let start = try await sink.open(at: nil)
    let file = try FileCalls.system.open(folder("out"), O_RDWR)
    let offset: Int64 = 5 << 30
    try FileCalls.system.write([0x0A], to: file, at: offset - 1)
    var position = start
    position.file?.offset = offset
    position.file?.tail = 0
    let end = try await sink.deliver(SinkContract.entry(1), from: position)
    #expect(end.file?.offset == offset + Int64(bytes(1).count))
    #expect(try FileCalls.system.read(file, at: offset, count: bytes(1).count) == bytes(1))
  }

  @Test(
    "what is no regular file, or nowhere, is refused with a hint",
    arguments: [
      ("link", "sink.file.symlink"), ("fifo", "sink.file.not_regular"), ("directory", "sink.file.not_regular"),
      ("/dev/full", "sink.file.not_regular"), ("missing/out", "sink.file.directory"),
      ("link/out", "sink.file.directory"),
    ])
  func refused(name: String, code: String) async throws {
    try folder.write("", to: "target")
    #expect(unsafe symlink(folder("target"), folder("link")) == 0)
    #expect(unsafe mkfifo(folder("fifo"), 0o600) == 0)
    #expect(unsafe mkdir(folder("directory"), 0o700) == 0)
    let sink = FileSink(path: name.hasPrefix("/") ? name : folder(name), log: .silent)
    await #expect {
      _ = try await sink.open(at: nil)
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.code.rawValue == code && failure.exit == .cannotCreate && failure.hint != nil
    }
  }

  @Test("a second writer is refused while the first is there")
  func locked() async throws {
    let first = sink()
    _ = try await first.open(at: nil)
    let second = sink()
    await #expect {
      _ = try await second.open(at: nil)
    } throws: {
      ($0 as? Failure)?.code.rawValue == "sink.file.locked" && ($0 as? Failure)?.exit == .tryLater
    }
    await first.close()
    _ = try await second.open(at: nil)
  }

  @Test("a made file is for its owner alone, an existing one keeps its mode")
  func modes() async throws {
    _ = try await sink().open(at: nil)
    var status = stat()
    #expect(unsafe stat(folder("out"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(unsafe chmod(folder("out"), 0o644) == 0)
    _ = try await sink().open(at: nil)
    #expect(unsafe stat(folder("out"), &status) == 0 && status.st_mode & 0o777 == 0o644)
  }

  @Test("a failed sync of the data is no delivery, and the rewrite repairs it")
  func failedSync() async throws {
    let plan = FileFaultPlan(at: 1, .error(EIO)) { call, _ in call == .syncData }
    let sink = sink(plan.files)
    let start = try await sink.open(at: nil)
    await #expect {
      _ = try await sink.deliver(SinkContract.entry(1), from: start)
    } throws: {
      ($0 as? Failure)?.code.rawValue == "io.eio" && ($0 as? Failure)?.exit == .ioError
    }
    _ = try await sink.deliver(SinkContract.entry(1), from: start)
    #expect(plan.seen.filter { $0.call == .write }.count == 2)
    #expect(try folder.text("out") == text(1))
  }
}
