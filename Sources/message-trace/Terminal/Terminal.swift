// Output for people: errors and hints on stderr, requested text on stdout.

internal import Glibc
internal import IntakeCore

/// The standard streams of the process.
struct Terminal: Sendable {
  /// True if stderr is a terminal.
  let isInteractive = isatty(STDERR_FILENO) == 1

  func failure(_ failure: Failure) {
    say("error: \(Self.lines(failure.sentence))")
    if let hint = failure.hint { say("hint: \(Self.lines(hint))") }
  }

  func say(_ line: String) {
    Log.writeToStandardError(Array("\(line)\n".utf8))
  }

  /// Writes all of the text to stdout: help, version, tables, events.
  func output(_ text: String) throws(Failure) { try output(Array(text.utf8)) }

  /// Writes all of the bytes to stdout.
  func output(_ bytes: [UInt8]) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(STDOUT_FILENO, buffer.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      }
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EPIPE { throw Self.readerLeft }
        throw Failure(
          "stdout.failed", exit: .ioError, "Writing to standard output: \(FileBytes.describe(errno)).")
      }
      written += count
    }
  }

  /// The reader of a pipe has what it wants, such as `head`.
  private static let readerLeft = Failure(
    .readerLeft, exit: .ioError, "Writing to standard output: its reader has closed it.")

  /// Keeps line breaks; escapes every other control character.
  private static func lines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Log.clean(String($0), limit: 2_000) }.joined(separator: "\n")
  }
}

extension Failure.Code {
  static let readerLeft = Self(rawValue: "stdout.reader_left")
}
