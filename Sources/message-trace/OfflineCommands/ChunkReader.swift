// Reads files of any size in chunks, with constant memory.

internal import Glibc
internal import IntakeCore

/// One open file; `-` is standard input.
final class ChunkReader {
  private let descriptor: Int32
  private let path: String
  private let purpose: String
  /// What is read at once and the events made of it stay in the processor's cache.
  private static let size = 192 << 10

  init(_ path: String, purpose: String) throws(Failure) {
    self.path = path == "-" ? "standard input" : path
    self.purpose = purpose
    descriptor = path == "-" ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends the next chunk; false at the end.
  func read(onto text: inout [UInt8]) throws(Failure) -> Bool {
    if text.capacity - text.count < Self.size { text.reserveCapacity(max(text.count + Self.size, 2 * text.capacity)) }
    while true {
      var count = 0
      text.append(addingCapacity: Self.size) { tail in
        unsafe tail.withUnsafeMutableBufferPointer { buffer, filled in
          count = unsafe Glibc.read(descriptor, buffer.baseAddress, min(Self.size, buffer.count))
          filled = max(0, count)
        }
      }
      if count == 0 { return false }
      if count > 0 { return true }
      guard errno == EINTR else { throw failure(errno) }
    }
  }

  private func failure(_ error: Int32) -> Failure {
    Failure(
      .fileUnreadable, exit: .noInput, "Reading the \(purpose) \(path): \(FileBytes.describe(error)).",
      hint: "Check the path and its permissions.")
  }
}
