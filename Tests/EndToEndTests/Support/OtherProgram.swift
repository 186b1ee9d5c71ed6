// Programs of the system that tests ask: shells, validators. Where one is missing its test is passed over, with a word,
// but not where everything has to be tried.

internal import Glibc
internal import IntakeCore
import Testing

enum OtherProgram {
  /// Lines that a command line printed on both streams; nil where `program` is not installed.
  static func lines(_ program: String, _ command: String) -> [String]? {
    guard ["/usr/bin/", "/bin/", "/usr/local/bin/"].contains(where: { unsafe access($0 + program, X_OK) == 0 }) else {
      if unsafe getenv("CI") != nil { Issue.record("\(program) is not installed.") }
      print("\(program) is not installed: what it says was not tried.")
      return nil
    }
    guard let stream = unsafe popen("{ \(command) ; } 2>&1", "r") else {
      Issue.record("\(program) could not be started.")
      return nil
    }
    var output: [UInt8] = []
    while true {
      let byte = unsafe getc(stream)
      guard byte != EOF else { break }
      output.append(UInt8(truncatingIfNeeded: byte))
    }
    unsafe pclose(stream)
    return String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map(String.init)
  }
}
