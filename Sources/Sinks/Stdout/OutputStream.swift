// A pipe, terminal or socket that this process was given: written in small pieces. Polls every 100 ms while there is no
// room, so cancellation is prompt.

internal import CSystem
internal import Glibc
internal import IntakeCore

/// Standard output where it is no regular file.
struct OutputStream: Sendable {
  let descriptor: Int32
  let kind: FileStatus.Kind
  let taken: GrowingCount

  /// What a pipe with room always takes without blocking (POSIX: PIPE_BUF; Linux: one page).
  private static let piece = 4_096
  /// How long one wait lasts before cancellation is looked at, in milliseconds.
  private static let pollInterval: Int32 = 100

  /// False for a closed descriptor, and for one that was opened for reading to stand in for a closed one.
  static func isWritable(_ descriptor: Int32) -> Bool {
    let flags = fcntl(descriptor, F_GETFL)
    return flags >= 0 && flags & O_ACCMODE != O_RDONLY
  }

  /// Returns when every byte is taken, and for a pipe read by its reader.
  func write(_ bytes: [UInt8]) throws(Failure) {
    var done = 0
    while done < bytes.count {
      try waitForRoom()
      let count = try writeOnce(bytes, done..<min(bytes.count, done + Self.piece))
      taken.add(count)
      done += count
    }
    if kind == .pipe { try waitForReader() }
  }

  private func waitForRoom() throws(Failure) {
    while true {
      let events = try wait(for: Int16(POLLOUT), Self.pollInterval)
      if events & Int16(POLLERR) != 0 { throw Self.gone }
      if events & Int16(POLLOUT) != 0 { return }
    }
  }

  /// The barrier: waits until the reader has read everything, because unread bytes are lost if it ends.
  private func waitForReader() throws(Failure) {
    var pause: Int32 = 1
    var left = Int32.max
    while case let unread = csystem_unread_bytes(descriptor), unread > 0 {
      if unread < left { (left, _) = (unread, taken.add(1)) }
      if try wait(for: 0, pause) & Int16(POLLERR) != 0 { throw Self.gone }
      pause = min(pause * 2, Self.pollInterval / 5)
    }
  }

  private func wait(for events: Int16, _ milliseconds: Int32) throws(Failure) -> Int16 {
    guard !Task.isCancelled else { throw Failure.stopped }
    var waiting = pollfd(fd: descriptor, events: events, revents: 0)
    _ = unsafe poll(&waiting, 1, milliseconds)
    return waiting.revents
  }

  private func writeOnce(_ bytes: [UInt8], _ range: Range<Int>) throws(Failure) -> Int {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      let start = unsafe buffer.baseAddress?.advanced(by: range.lowerBound)
      return kind == .socket
        ? unsafe send(descriptor, start, range.count, Int32(truncatingIfNeeded: MSG_DONTWAIT | MSG_NOSIGNAL))
        : unsafe Glibc.write(descriptor, start, range.count)
    }
    guard count < 0 else { return count }
    switch errno {
    case EINTR, EAGAIN: return 0
    case EPIPE, ECONNRESET: throw Self.gone
    case let number:
      throw FileFault(.write, "standard output", number).failure("sink.stdout", "Writing to standard output")
    }
  }

  private static let gone = Failure(
    "sink.stdout.epipe", exit: .ioError, "Writing to standard output: the reader closed the pipe.",
    hint: "Nothing is lost. Unread events are written again next time.")
}
