// A pipe between a test and the program it starts.

internal import Glibc

/// A pipe between the program and a reader in the test.
struct Pipe {
  let reader: Int32
  let writer: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    unsafe pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reader, writer) = (ends[0], ends[1])
  }

  func closeReader() { close(reader) }
  func closeWriter() { close(writer) }

  /// Empty at the end, nil after an error.
  func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe Glibc.read(reader, &bytes, count)
    return got < 0 ? nil : Array(bytes[..<got])
  }
}
