// One file of a quota, under its lock.

internal import Glibc
internal import IntakeCore

/// A file that counts requests, locked as long as this value lives.
final class QuotaFile {
  private let path: String
  private let descriptor: Int32

  /// How long to wait for a file that several states share: a process that stands still may hold it for ever.
  static let shared: Duration = .seconds(2)
  /// The same for a state's own file.
  static let own: Duration = .seconds(60)

  /// Waits for the lock; makes the file where it is missing.
  /// - Parameters:
  ///   - path: of the file.
  ///   - longest: the wait after which it fails.
  init(locking path: String, within longest: Duration) throws(Failure) {
    let end = ContinuousClock.now + longest
    let descriptor = Self.again { unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
    guard descriptor >= 0 else { throw Self.failure(path, .open) }
    while Self.again({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 {
      guard errno == EWOULDBLOCK, ContinuousClock.now < end else {
        defer { close(descriptor) }
        throw Self.failure(path, .lock)
      }
      usleep(2_000)
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func read() -> QuotaRecord {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
    return QuotaRecord(bytes.prefix(max(0, count)))
  }

  /// Writes in place, then truncates. A torn line is no number and is ignored by the next reader.
  func write(_ record: QuotaRecord) throws(Failure) {
    let bytes = record.bytes
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, done)
      }
      guard count > 0 || (count < 0 && errno == EINTR) else { throw Self.failure(path, .write) }
      done += max(0, count)
    }
    guard ftruncate(descriptor, bytes.count) == 0 else { throw Self.failure(path, .write) }
  }

  private static func again(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private static func failure(_ file: String, _ call: FileCalls.Call) -> Failure {
    var failure = FileFault(call, "quota", errno).failure("quota", "Updating the request count in \(file)")
    // A retry at once would only delay the report; the next run tries again.
    failure.recovery = .never
    return failure
  }
}
