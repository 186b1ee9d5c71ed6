// How the program speaks to people: all on stderr, an error says what was being done, a hint says what to do.

internal import Glibc
internal import IntakeCore

struct Terminal: Sendable {
  /// True if a person is looking at stderr.
  let isInteractive = isatty(STDERR_FILENO) == 1

  func failure(_ failure: Failure) {
    say("error: \(Self.lines(failure.sentence))")
    if let hint = failure.hint { say("hint: \(Self.lines(hint))") }
  }

  func say(_ line: String) {
    Log.writeToStandardError(Array("\(line)\n".utf8))
  }

  /// What was asked for and is not events: help, version, tables. On stdout, whole or not at all.
  func output(_ text: String) throws(Failure) { try output(Array(text.utf8)) }

  /// As `output`, in bytes.
  func output(_ bytes: [UInt8]) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(STDOUT_FILENO, buffer.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      }
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        throw Failure(
          "stdout.failed", exit: .ioError, "Writing to standard output: \(FileBytes.describe(errno)).")
      }
      written += count
    }
  }

  /// Line breaks of our own lists stay, everything else that could move a cursor is made visible.
  private static func lines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Log.clean(String($0), limit: 2_000) }.joined(separator: "\n")
  }
}
