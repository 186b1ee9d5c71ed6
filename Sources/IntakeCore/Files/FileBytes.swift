// Whole small files, and the system's words for what went wrong with them.

internal import Glibc

/// Whole small files, read with the checks that a setting or secret needs.
package enum FileBytes {
  /// A regular file of at most `limit` bytes.
  /// - Parameters:
  ///   - path: relative to the working directory, or absolute.
  ///   - purpose: for errors, such as `mapping`.
  ///   - limit: in bytes; a larger file is refused.
  ///   - unreadable: the exit code for a file that is missing or may not be read.
  ///   - admit: throws for an open file, given with its mode, that must not be read.
  package static func read(
    _ path: String, purpose: String, limit: Int = 16 << 20, unreadable: ExitCode = .noInput,
    admit: (_ descriptor: Int32, _ mode: UInt32) throws(Failure) -> Void = { (_, _) throws(Failure) in }
  ) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let error = errno
      throw Failure(
        error == ENOENT ? .init(rawValue: "file.missing") : .fileUnreadable,
        exit: unreadable,
        "Reading the \(purpose) from \(path): \(describe(error)).", hint: "Check the path and its permissions.")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(
        "file.not_regular", exit: .configuration, "Reading the \(purpose) from \(path): it is not a regular file.",
        hint: "Give the path of a file.")
    }
    try admit(descriptor, status.st_mode)
    return try readAll(descriptor, path: path, purpose: purpose, limit: limit)
  }

  private static func readAll(
    _ descriptor: Int32, path: String, purpose: String, limit: Int
  ) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      guard count > 0 || errno == EINTR else {
        throw Failure(
          .fileUnreadable, exit: .noInput, "Reading the \(purpose) from \(path): \(describe(errno)).")
      }
      guard count > 0 else { continue }
      bytes.append(contentsOf: buffer[0..<count])
      guard bytes.count <= limit else {
        throw Failure(
          "file.too_large", exit: .configuration, "Reading the \(purpose) from \(path): larger than \(limit) bytes.",
          hint: "Check the path: it names another kind of file.")
      }
    }
  }

  /// The system's words for an error number.
  package static func describe(_ error: Int32) -> String {
    guard let text = unsafe strerror(error) else { return "error \(error)" }
    return unsafe String(cString: text)
  }
}
