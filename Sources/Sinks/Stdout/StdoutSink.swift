// Events to standard output, whatever that is: a regular file is written as the file sink writes, a pipe counts once
// its reader has emptied it, everything else once write(2) took every byte.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `stdout`.
final class StdoutSink: Sink {
  let name = "stdout"
  private let files: FileCalls
  private let log: Log
  private let descriptor: Int32
  private let target = Mutex<Target>(.closed)
  private let taken = GrowingCount()

  var bytesTaken: Int { taken.value }

  private enum Target: Sendable {
    case closed
    case file(OutputFile)
    case stream(OutputStream)
  }

  /// - Parameter descriptor: another one in tests.
  init(log: Log, files: FileCalls = .system, descriptor: Int32 = STDOUT_FILENO) {
    self.log = log
    self.files = files
    self.descriptor = descriptor
  }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    let inherited = Descriptor(descriptor, name: "standard output", owned: false)
    guard let status = try? files.status(inherited), OutputStream.isWritable(descriptor) else {
      throw Failure(
        .stdoutClosed, exit: .ioError, "Writing to standard output: it is closed.",
        hint: "Redirect standard output to a file or pipe, or configure another sink.")
    }
    if status.kind == .regular, let output = try openFile() {
      target.withLock { $0 = .file(output) }
      return try start(position, output)
    }
    target.withLock { $0 = .stream(OutputStream(descriptor: descriptor, kind: status.kind, taken: taken)) }
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    switch target.withLock({ $0 }) {
    case .closed:
      throw Failure(.stdoutClosed, exit: .bug, "Writing to standard output: the sink is not open.")
    case .stream(let stream):
      try stream.write(entry.bytes)
      return SinkPosition(sequence: entry.sequence)
    case .file(let output):
      return SinkPosition(sequence: entry.sequence, file: try write(entry.bytes, to: output, from: position.file))
    }
  }

  func close() async { target.withLock { $0 = .closed } }

  /// Opened a second time by its entry in /proc, because the descriptor of `>>` ignores offsets, and none that a
  /// shell opens for output can be read. nil where that is not allowed: then it is a stream.
  private func openFile() throws(Failure) -> OutputFile? {
    guard let again = try? files.open("/proc/self/fd/\(descriptor)", O_RDWR, followLinks: true) else {
      log(
        .warning, "sink.stdout.reopen",
        "Standard output is a file that cannot be opened for reading: after a crash one batch may be repeated in it.")
      return nil
    }
    do throws(FileFault) {
      guard try files.lock(again) else {
        throw FileFault(.lock, "standard output", EWOULDBLOCK)
      }
    } catch {
      guard error.number == EWOULDBLOCK else { throw failure(error) }
      throw Failure(
        .outputLocked, exit: .tryLater,
        "Writing to standard output: another process is writing to the same file.",
        hint: "Use a separate output file for each process.", recovery: .later(after: nil))
    }
    return OutputFile(files: files, descriptor: again, log: log, sink: name)
  }

  private func start(_ position: SinkPosition?, _ output: OutputFile) throws(Failure) -> SinkPosition {
    do {
      let end = try output.end()
      guard let position, position.file != nil else {
        return SinkPosition(sequence: position?.sequence ?? 0, file: end)
      }
      return position
    } catch {
      throw failure(error)
    }
  }

  private func write(
    _ bytes: [UInt8], to output: OutputFile, from position: FilePosition?
  ) throws(Failure) -> FilePosition {
    do throws(FileFault) {
      let written: FilePosition
      if let position, try output.isSame(as: position) {
        written = try output.write(bytes, from: position)
      } else {
        written = try output.append(bytes[...], searchingFrom: 0)
      }
      // The next program that writes to the same descriptor continues after our lines.
      lseek(descriptor, Int(written.offset), SEEK_SET)
      return written
    } catch {
      throw failure(error)
    }
  }

  private func failure(_ fault: FileFault) -> Failure { fault.failure("sink.file", "Writing to standard output") }
}
