// Events into a file, exactly once: the position comes from the checkpoint, goes back with the batch, and says in which
// inode and how far in it. Rotation is noticed before each batch.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `file:PATH`.
final class FileSink: Sink {
  let name: String
  private let path: OutputPath
  private let files: FileCalls
  private let log: Log
  private let opened = Mutex<Opened?>(nil)

  /// Its directory is opened once; the file is looked up in it before each batch.
  private struct Opened: Sendable {
    var directory: Descriptor
    var output: OutputFile
  }

  init(path: String, log: Log, files: FileCalls = .system) {
    name = "file:\(path)"
    self.path = OutputPath(path)
    self.log = log
    self.files = files
  }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    let directory = try openDirectory()
    let opened = Opened(directory: directory, output: try openOutput(in: directory))
    self.opened.withLock { $0 = opened }
    if let position { return position }
    do {
      return SinkPosition(sequence: 0, file: try opened.output.end())
    } catch {
      throw failure(error)
    }
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let output = try current()
    do {
      let file = try write(entry.bytes, to: output, from: position.file)
      guard try files.status(output.descriptor).links > 0 else { throw removed }
      return SinkPosition(sequence: entry.sequence, file: file)
    } catch let fault as FileFault {
      throw failure(fault)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw removed
    }
  }

  func close() async { opened.withLock { $0 = nil } }

  private func write(_ bytes: [UInt8], to output: OutputFile, from position: FilePosition?) throws -> FilePosition {
    guard let position else { return try output.append(bytes[...], searchingFrom: 0) }
    if try output.isSame(as: position) { return try output.write(bytes, from: position) }
    let present = try linesInRotated(bytes, position)
    return try output.append(bytes[present...], searchingFrom: 0)
  }

  /// How much of the batch is already in the rotated file, which is searched for in the same directory.
  private func linesInRotated(_ bytes: [UInt8], _ position: FilePosition) throws -> Int {
    log(.info, "sink.file.rotated", "The output file was rotated: continuing in the new one.", [("sink", name)])
    guard let directory = opened.withLock({ $0?.directory }) else { return 0 }
    for name in try files.names(in: directory) {
      guard let status = try files.status(name, in: directory), status.kind == .regular, status.isSame(as: position)
      else { continue }
      let old = OutputFile(
        files: files, descriptor: try files.open(name, in: directory, O_RDWR), log: log, sink: self.name)
      let present = try old.linesPresent(of: bytes, at: position.offset)
      if present > 0 { try old.sync() }
      return present
    }
    return 0
  }

  /// The file at the path now: opened again if it was renamed, removed or replaced since the last batch.
  private func current() throws(Failure) -> OutputFile {
    guard let opened = opened.withLock({ $0 }) else {
      throw Failure("sink.file.closed", exit: .bug, "Writing to \(path.text): the sink is not open.")
    }
    do throws(FileFault) {
      let mine = try files.status(opened.output.descriptor)
      if let now = try files.status(path.name, in: opened.directory), now.device == mine.device, now.inode == mine.inode
      {
        return opened.output
      }
    } catch {
      throw failure(error)
    }
    let output = try openOutput(in: opened.directory)
    self.opened.withLock { $0?.output = output }
    return output
  }

  private func openDirectory() throws(Failure) -> Descriptor {
    try OutputPermissions.checkWay(to: path.directory, path.text)
    do {
      return try files.open(path.directory, O_RDONLY | O_DIRECTORY, followLinks: true)
    } catch {
      guard error.number == ENOENT || error.number == ENOTDIR else { throw failure(error) }
      throw Failure(
        "sink.file.directory", exit: .cannotCreate,
        "Opening the output file \(path.text): its directory does not exist.",
        hint: "Create it with: mkdir -p \(path.directory)")
    }
  }

  private func openOutput(in directory: Descriptor) throws(Failure) -> OutputFile {
    let descriptor: Descriptor
    let opened: FileStatus
    do throws(FileFault) {
      if let status = try files.status(path.name, in: directory) {
        try check(status)
        descriptor = try files.open(path.name, in: directory, O_RDWR | O_NONBLOCK)
      } else {
        descriptor = try files.open(path.name, in: directory, O_RDWR | O_NONBLOCK | O_CREAT | O_EXCL)
        try files.sync(directory)
      }
      opened = try files.status(descriptor)
      try check(opened)
      guard try files.lock(descriptor) else { throw FileFault(.lock, path.name, EWOULDBLOCK) }
    } catch {
      throw failure(error)
    }
    try OutputPermissions.check(opened, path.text)
    return OutputFile(files: files, descriptor: descriptor, log: log, sink: name)
  }

  private func check(_ status: FileStatus) throws(FileFault) {
    switch status.kind {
    case .regular: return
    case .link: throw FileFault(.open, path.name, ELOOP)
    case .directory, .pipe, .socket, .characterDevice, .blockDevice, .other: throw FileFault(.open, path.name, EINVAL)
    }
  }

  private func failure(_ fault: FileFault) -> Failure {
    switch (fault.call, fault.number) {
    case (.lock, EWOULDBLOCK):
      Failure(
        .outputLocked, exit: .tryLater, "Writing to \(path.text): another process is writing to it.",
        hint: "Use a separate output file for each configuration.", recovery: .later(after: nil))
    case (.open, EINVAL):
      Failure(
        "sink.file.not_regular", exit: .cannotCreate, "Opening the output file \(path.text): it is not a regular file.",
        hint: "Use a regular file; for pipes and devices use the stdout sink.")
    default: fault.failure("sink.file", "Writing to \(path.text)")
    }
  }

  private var removed: Failure {
    Failure(
      "sink.file.removed", exit: .ioError, "Writing to \(path.text): the file was removed during the write.",
      hint: "Nothing is lost: the batch is written to the new file next time.", recovery: .later(after: nil))
  }
}

/// A path as its directory and the name in it.
struct OutputPath: Sendable, Equatable {
  let text: String
  let directory: String
  let name: String

  init(_ text: String) {
    self.text = text
    let bytes = Array(text.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
      (directory, name) = (".", text)
      return
    }
    directory = slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    name = String(decoding: bytes[(slash + 1)...], as: UTF8.self)
  }
}
