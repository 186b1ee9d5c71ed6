// Events that a receiver has refused for good, in the state directory.

internal import Glibc
package import IntakeCore
internal import Synchronization

/// `rejected.ndjson` of one state directory, whose lock its holder has.
package final class RejectedFile: DeadLetters {
  package static let name = "rejected.ndjson"
  /// Bytes beyond which no event is set aside: its sink fails, and the batch waits in the journal.
  static let most: Int64 = 1 << 30

  private struct Key: Hashable {
    let sink: String
    let identity: Identity
  }

  private struct State {
    /// What the file holds; nil until it is first needed.
    var known: Set<Key>?
    var count = 0
  }

  private let folder: String
  private let files: FileCalls
  private let state = Mutex(State())

  package init(_ folder: String, files: FileCalls = .system) {
    self.folder = folder
    self.files = files
  }

  package var path: String { "\(folder)/\(Self.name)" }
  /// Events set aside since this value was made.
  package var count: Int { state.withLock { $0.count } }

  package func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure) {
    let result = state.withLock { state -> Result<Void, Failure> in
      do throws(Failure) {
        var known = if let known = state.known { known } else { try read() }
        var bytes: [UInt8] = []
        for letter in letters where known.insert(Key(sink: letter.sink, identity: letter.identity)).inserted {
          RejectedLine(letter, at: now).append(to: &bytes)
        }
        try append(bytes)
        state.known = known
        state.count += letters.count
        return .success(())
      } catch {
        state.known = nil
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Calls `body` with each event in the file, oldest first; lines that are none are left out.
  package func eachLine(_ body: (RejectedLine) -> Void) throws(Failure) {
    try eachLine(body) { _, _ in }
  }

  private func eachLine(
    _ body: (RejectedLine) -> Void, other: (_ line: RawSpan, _ ending: LineReader.Ending) -> Void
  ) throws(Failure) {
    // A file that may not be looked at is not one without events.
    guard unsafe access(path, F_OK) == 0 || errno != ENOENT else { return }
    var reader = try LineReader(path)
    try reader.eachLine { line, ending in
      if ending == .lineFeed, let line = RejectedLine(line) { body(line) } else { other(line, ending) }
    }
  }

  /// Removes events from the file, in one step. Lines that are no events of this version stay as they are.
  /// - Parameter isGone: true for those to remove.
  /// - Throws: `rejected.long` (65) where a line is too long to be copied; the file then stays whole.
  package func remove(where isGone: (DeadLetter) -> Bool) throws(Failure) {
    var rest: [UInt8] = []
    var hasLongLine = false
    try eachLine {
      if !isGone($0.letter) { $0.append(to: &rest) }
    } other: { line, ending in
      hasLongLine = hasLongLine || ending == .tooLong
      for index in 0..<line.byteCount { rest.append(line.byte(index)) }
      rest.append(.lineFeed)
    }
    guard !hasLongLine else {
      throw Failure(
        "rejected.long", exit: .badData, "Rewriting \(path): a line is longer than \(LineReader.longest >> 20) MiB.",
        hint: "Move that line to another file; what was sent again is still listed.")
    }
    do throws(FileFault) {
      let directory = try files.open(folder, O_RDONLY | O_DIRECTORY, followLinks: true)
      try AtomicFile.replaceDurably(Self.name, in: directory, with: rest, files: files)
    } catch {
      throw error.failure("state", "Writing \(path)")
    }
    state.withLock { $0.known = nil }
  }

  private func read() throws(Failure) -> Set<Key> {
    var known: Set<Key> = []
    try eachLine { known.insert(Key(sink: $0.letter.sink, identity: $0.letter.identity)) }
    return known
  }

  /// A line that a crash has torn is cut: its batch was not acknowledged and comes again.
  private func append(_ bytes: [UInt8]) throws(Failure) {
    guard !bytes.isEmpty else { return }
    do throws(FileFault) {
      let directory = try files.open(folder, O_RDONLY | O_DIRECTORY, followLinks: true)
      let file = try files.open(Self.name, in: directory, O_RDWR | O_CREAT)
      let length = try wholeLength(of: file)
      guard length + Int64(bytes.count) <= Self.most else { throw FileFault(.write, Self.name, EFBIG) }
      try files.truncate(file, to: length)
      try files.write(bytes, to: file, at: length)
      try files.sync(file)
      try files.close(file)
      try files.sync(directory)
    } catch {
      guard error.number == EFBIG, error.call == .write else { throw error.failure("state", "Writing \(path)") }
      throw Failure(
        "rejected.full", exit: .tryLater, "Setting events aside: \(path) has reached \(Self.most >> 20) MiB.",
        hint:
          "Find out why the receiver refuses them (message-trace state rejected), send them again, or move the file.",
        recovery: .later(after: nil))
    }
  }

  /// Up to and with the last LF.
  private func wholeLength(of file: Descriptor) throws(FileFault) -> Int64 {
    var end = try files.status(file).size
    while end > 0 {
      let start = max(0, end - 65_536)
      let piece = try files.read(file, at: start, count: Int(end - start))
      if let last = piece.lastIndex(of: .lineFeed) { return start + Int64(last) + 1 }
      end = start
    }
    return 0
  }
}
