// Reads files of any size in chunks, with constant memory.

internal import Glibc
internal import IntakeCore

/// One open file; `-` is standard input.
final class ChunkReader {
  private let descriptor: Int32
  private let path: String
  private let purpose: String
  /// Below what the allocator takes from the system piece by piece: such memory costs a fault for each page of it, each time.
  private static let size = 192 << 10

  init(_ path: String, purpose: String) throws(Failure) {
    self.path = path == "-" ? "standard input" : path
    self.purpose = purpose
    descriptor = path == "-" ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next chunk; nil at the end.
  func next() throws(Failure) -> [UInt8]? {
    while true {
      var count = 0
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, filled in
        count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        filled = max(0, count)
      }
      if count == 0 { return nil }
      if count > 0 { return chunk }
      guard errno == EINTR else { throw failure(errno) }
    }
  }

  private func failure(_ error: Int32) -> Failure {
    Failure(
      .fileUnreadable, exit: .noInput, "Reading the \(purpose) \(path): \(FileBytes.describe(error)).",
      hint: "Check the path and its permissions.")
  }
}
