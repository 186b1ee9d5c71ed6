// Files line by line, of any size, with flat memory.

internal import Glibc
internal import IntakeCore

enum LineReader {
  /// Calls `body` with each line and its LF; a last line without one comes as it is.
  static func read(_ path: String, purpose: String, _ body: ([UInt8]) -> Void) throws(Failure) {
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(
        "file.unreadable", exit: .noInput, "Reading the \(purpose) \(path): \(FileBytes.describe(errno)).",
        hint: "Check the path and its permissions.")
    }
    defer { if path != "-" { close(descriptor) } }
    var buffer = [UInt8](repeating: 0, count: 262_144)
    var line: [UInt8] = []
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(
          "file.unreadable", exit: .noInput, "Reading the \(purpose) \(path): \(FileBytes.describe(errno)).")
      }
      if count == 0 { break }
      var rest = buffer[0..<count]
      while let end = rest.firstIndex(of: 0x0A) {
        line.append(contentsOf: rest[rest.startIndex...end])
        body(line)
        line.removeAll(keepingCapacity: true)
        rest = rest[(end + 1)...]
      }
      line.append(contentsOf: rest)
    }
    if !line.isEmpty { body(line) }
  }
}
