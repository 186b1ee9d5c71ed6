// Events that a receiver has refused for good, in the state directory.

internal import Glibc
package import IntakeCore
internal import Synchronization

/// `rejected.ndjson` of one state directory, whose lock its holder has.
package final class RejectedFile: DeadLetters {
  package static let name = "rejected.ndjson"
  /// Bytes beyond which no event is set aside: its sink fails, and the batch waits in the journal.
  static let most: Int64 = 1 << 30

  struct Key: Hashable {
    let sink: String
    let identity: Identity
  }

  private struct State {
    /// What the file holds; nil until it is first needed.
    var known: Set<Key>?
    var count = 0
  }

  let folder: String
  let files: FileCalls
  private let state = Mutex(State())

  package init(_ folder: String, files: FileCalls = .system) {
    self.folder = folder
    self.files = files
  }

  package var path: String { path(Self.name) }
  func path(_ name: String) -> String { "\(folder)/\(name)" }
  /// Events set aside since this value was made.
  package var count: Int { state.withLock { $0.count } }

  package func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure) {
    try change { state throws(Failure) in
      do throws(Failure) {
        var known = if let known = state.known { known } else { try firstRead() }
        var bytes: [UInt8] = []
        for letter in letters where known.insert(Key(sink: letter.sink, identity: letter.identity)).inserted {
          RejectedLine(letter, at: now).append(to: &bytes)
        }
        try append(bytes, to: Self.name)
        state.known = known
        state.count += letters.count
      } catch {
        state.known = nil
        throw error
      }
    }
  }

  private func change(_ body: (inout State) throws(Failure) -> Void) throws(Failure) {
    try state.withLock { state -> Result<Void, Failure> in
      do throws(Failure) { return .success(try body(&state)) } catch { return .failure(error) }
    }.get()
  }

  /// Calls `body` with each event in the file that its sink has not taken since, oldest first; lines that are none are left
  /// out.
  package func eachLine(_ body: (RejectedLine) -> Void) throws(Failure) {
    let taken = try taken()
    try eachRawLine(of: Self.name) { line in
      guard let line = RejectedLine(line), !taken.contains(Key(sink: line.letter.sink, identity: line.letter.identity))
      else { return }
      body(line)
    }
  }

  func eachRawLine(of name: String, _ body: (RawSpan) -> Void) throws(Failure) {
    // A file that may not be looked at is not one without events.
    guard unsafe access(path(name), F_OK) == 0 || errno != ENOENT else { return }
    var reader = try LineReader(path(name))
    try reader.eachLine { line, ending in if ending == .lineFeed { body(line) } }
  }

  /// Removes events from the file, in one step. Lines that are no events of this version stay as they are.
  /// - Parameter isGone: true for those to remove.
  package func remove(where isGone: (DeadLetter) -> Bool) throws(Failure) {
    try change { state throws(Failure) in
      state.known = nil
      try rewrite(without: isGone)
    }
  }

  /// Removes what was taken since, and the notes about it; until then it counts as gone all the same.
  package func settle() throws(Failure) {
    try change { state throws(Failure) in
      state.known = nil
      try settleNotes()
    }
  }

  func rewrite(without isGone: (DeadLetter) -> Bool) throws(Failure) {
    do throws(FileFault) {
      let directory = try files.open(folder, O_RDONLY | O_DIRECTORY, followLinks: true)
      guard let size = try files.status(Self.name, in: directory)?.size else { return }
      let file = try files.open(Self.name, in: directory, O_RDONLY)
      let rest = Self.rest(of: try files.read(file, at: 0, count: Int(size)), isGone)
      try AtomicFile.replaceDurably(Self.name, in: directory, with: rest, files: files)
    } catch {
      throw error.failure("state", "Writing \(path)")
    }
  }

  /// All other lines, byte for byte, each with an LF.
  private static func rest(of bytes: [UInt8], _ isGone: (DeadLetter) -> Bool) -> [UInt8] {
    let span = unsafe bytes.span.bytes
    var rest: [UInt8] = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: .lineFeed) ?? bytes.count
      let letter = RejectedLine(span.extracting(start..<end))?.letter
      if !(letter.map(isGone) ?? false) {
        rest.append(contentsOf: bytes[start..<end])
        rest.append(.lineFeed)
      }
      start = end + 1
    }
    return rest
  }

  /// What an interrupted sending has left is removed first: an event that comes again is refused again.
  private func firstRead() throws(Failure) -> Set<Key> {
    try settleNotes()
    var known: Set<Key> = []
    try eachLine { known.insert(Key(sink: $0.letter.sink, identity: $0.letter.identity)) }
    return known
  }

  /// A line that a crash has torn is cut: its batch was not acknowledged and comes again.
  func append(_ bytes: [UInt8], to name: String) throws(Failure) {
    guard !bytes.isEmpty else { return }
    do throws(FileFault) {
      let directory = try files.open(folder, O_RDONLY | O_DIRECTORY, followLinks: true)
      let file = try files.open(name, in: directory, O_RDWR | O_CREAT)
      let length = try wholeLength(of: file)
      guard length + Int64(bytes.count) <= Self.most else { throw FileFault(.write, name, EFBIG) }
      try files.truncate(file, to: length)
      try files.write(bytes, to: file, at: length)
      try files.sync(file)
      try files.close(file)
      try files.sync(directory)
    } catch {
      guard error.number == EFBIG, error.call == .write else { throw error.failure("state", "Writing \(path(name))") }
      throw Failure(
        "rejected.full", exit: .tryLater, "Setting events aside: \(path(name)) has reached \(Self.most >> 20) MiB.",
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
