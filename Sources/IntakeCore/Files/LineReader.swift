// Lines of files of any size, read through one buffer: no line is copied.

internal import Glibc

/// Reads a file forward, line by line.
package struct LineReader: ~Copyable {
  /// How a line ended.
  package enum Ending: Sendable {
    case lineFeed
    /// The file ended instead.
    case endOfFile
    /// It was longer than `longest`; only its end is there.
    case tooLong
  }

  /// Longer than any event; a longer line is skipped and reported as `.tooLong`.
  package static let longest = 4 << 20
  private static let piece = 1 << 18

  private let descriptor: Int32
  private let path: String
  private var buffer = [UInt8](repeating: 0, count: LineReader.piece)
  /// Bytes in the buffer, the first of them the beginning of a line.
  private var filled = 0

  /// - Parameter path: `-` is standard input.
  /// - Throws: `file.unreadable` (66), as reading does.
  package init(_ path: String) throws(Failure) {
    self.path = path == "-" ? "standard input" : path
    descriptor = path == "-" ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Calls `body` with each line, without its LF; what it throws ends the reading.
  package mutating func eachLine(
    _ body: (_ line: RawSpan, _ ending: Ending) throws(Failure) -> Void
  ) throws(Failure) {
    var isSkipping = false
    while try fill() {
      var start = 0
      while let end = lineEnd(from: start) {
        try body(unsafe buffer.span.bytes.extracting(start..<end), isSkipping ? .tooLong : .lineFeed)
        isSkipping = false
        start = end + 1
      }
      keep(from: start)
      if isSkipping || filled > Self.longest {
        isSkipping = true
        filled = 0
      }
    }
    if isSkipping || filled > 0 {
      try body(unsafe buffer.span.bytes.extracting(0..<filled), isSkipping ? .tooLong : .endOfFile)
    }
  }

  /// False at the end of the file.
  private mutating func fill() throws(Failure) -> Bool {
    if buffer.count - filled < Self.piece / 2 {
      buffer.append(contentsOf: repeatElement(0, count: buffer.count))
    }
    while true {
      let room = filled
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe read(descriptor, bytes.baseAddress.map { unsafe $0 + room }, bytes.count - room)
      }
      if count >= 0 {
        filled += count
        return count > 0
      }
      guard errno == EINTR else { throw failure(errno) }
    }
  }

  private func lineEnd(from start: Int) -> Int? {
    unsafe buffer.withUnsafeBytes { bytes in
      guard start < filled, let base = bytes.baseAddress else { return nil }
      return unsafe memchr(base + start, Int32(UInt8.lineFeed), filled - start).map {
        unsafe UnsafeRawPointer($0) - base
      }
    }
  }

  /// Moves what begins at `start` to the front.
  private mutating func keep(from start: Int) {
    let rest = filled - start
    unsafe buffer.withUnsafeMutableBytes { bytes in
      guard start > 0, rest > 0, let base = bytes.baseAddress else { return }
      unsafe memmove(base, base + start, rest)
    }
    filled = rest
  }

  private func failure(_ error: Int32) -> Failure {
    Failure(
      .fileUnreadable, exit: .noInput, "Reading the events from \(path): \(FileBytes.describe(error)).",
      hint: "Check the path and its permissions.")
  }
}
