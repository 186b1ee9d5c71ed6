// The quota: a rolling count of requests, on disk where other runs and processes share it.

internal import Glibc
package import IntakeCore

/// Lets a request pass when it fits the quota, and waits until it does.
package struct PacedTransport: Transport {
  package let base: any Transport
  package let quota: Quota
  package let time: TimeSource
  package let log: Log

  package init(base: any Transport, quota: Quota, time: TimeSource, log: Log) {
    self.base = base
    self.quota = quota
    self.time = time
    self.log = log
  }

  package func send(_ request: Request) async throws(Failure) -> Response {
    while let pause = try await quota.take(time.now()) {
      log(.info, "source.quota", "\(request.purpose): waiting, the quota is used up.", [("wait", pause.exactly)])
      do { try await time.sleep(pause) } catch { throw .stopped }
    }
    return try await base.send(request)
  }
}

/// Requests of the last span, by time. All processes that name the same file share one count.
package actor Quota {
  /// Microsoft's limit is 100 in 300 s a tenant; ten are left to administrators.
  package static let graphLimit = 90
  package static let span = Duration.seconds(300)

  private let file: String?
  private let limit: Int
  private var stamps: [Instant] = []
  private let executor = ThreadExecutor(name: "quota")

  package init(file: String?, limit: Int) {
    self.file = file
    self.limit = max(1, limit)
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// nil: the request is counted and may go; else how long to wait before asking again.
  package func take(_ now: Instant) throws(Failure) -> Duration? {
    guard let file else { return Self.take(&stamps, now: now, limit: limit) }
    let descriptor = Self.again { unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
    guard descriptor >= 0 else { throw Self.failure(file, .open) }
    defer { close(descriptor) }
    guard Self.again({ flock(descriptor, LOCK_EX) }) == 0 else { throw Self.failure(file, .lock) }
    var stamps = Self.read(descriptor)
    let pause = Self.take(&stamps, now: now, limit: limit)
    guard pause != nil || Self.write(stamps, descriptor) else { throw Self.failure(file, .write) }
    return pause
  }

  /// A stamp from the future (the clock went back) counts as of now: it may cost a wait, never more than one span.
  private static func take(_ stamps: inout [Instant], now: Instant, limit: Int) -> Duration? {
    stamps = stamps.map { min($0, now) }.filter { now - $0 < span }.sorted()
    guard stamps.count >= limit else {
      stamps.append(now)
      return nil
    }
    return max(.milliseconds(1), span - (now - stamps[stamps.count - limit]))
  }

  /// One decimal number of ticks a line; what is not one is left out.
  private static func read(_ descriptor: Int32) -> [Instant] {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
    return bytes.prefix(max(0, count)).split(separator: 0x0A).compactMap { line in
      Int64(String(decoding: line, as: UTF8.self)).map(Instant.init(ticks:))
    }
  }

  /// In place, then cut: a torn line is no number and is left out by the next reader.
  private static func write(_ stamps: [Instant], _ descriptor: Int32) -> Bool {
    let bytes = Array(stamps.map { "\($0.ticks)\n" }.joined().utf8)
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, done)
      }
      guard count > 0 || (count < 0 && errno == EINTR) else { return false }
      done += max(0, count)
    }
    return ftruncate(descriptor, bytes.count) == 0
  }

  private static func again(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private static func failure(_ file: String, _ call: FileCalls.Call) -> Failure {
    var failure = FileFault(call, "quota", errno).failure("quota", "Keeping the count of requests in \(file)")
    // The next run's business: asking again at once would only hold up the failure.
    failure.recovery = .never
    return failure
  }
}
