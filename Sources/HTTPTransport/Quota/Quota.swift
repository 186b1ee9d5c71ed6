// The quota: a rolling count of requests, on disk where other runs and processes share it.

internal import Glibc
package import IntakeCore

/// How many requests are allowed in any span of that length.
package struct QuotaLimit: Sendable, Equatable {
  package var requests: Int
  package var span: Duration

  package init(requests: Int, span: Duration = .seconds(300)) {
    self.requests = max(1, requests)
    self.span = span
  }

  /// A part of it, at least one request.
  package func share(percent: Int) -> QuotaLimit { QuotaLimit(requests: requests * percent / 100, span: span) }
}

/// A count of requests that all processes which name the same file share, with the pauses that services have asked for.
package actor Quota {
  private let file: String?
  private let limit: QuotaLimit
  /// The service whose pauses count here.
  private let service: String
  /// Where there is no file.
  private var record = QuotaRecord()
  private let executor = ThreadExecutor(name: "quota")

  /// - Parameter file: nil keeps the count in memory.
  package init(file: String?, limit: QuotaLimit, service: String = "service") {
    self.file = file
    self.limit = limit
    self.service = service
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// nil: the request is counted and may be sent; else how long to wait before the next call.
  package func take(_ now: Instant) throws(Failure) -> Duration? {
    var pause: Duration?
    try update { record in
      pause = take(&record, now: now)
      return pause == nil
    }
    return pause
  }

  /// Sends nothing to this service for so long, in this process and in later ones: its Retry-After.
  package func pause(for duration: Duration, _ now: Instant) throws(Failure) {
    try update { record in
      record.pauses[service] = max(record.pauses[service] ?? now, now + min(duration, RetryingTransport.maxRetryAfter))
      return true
    }
  }

  private func take(_ record: inout QuotaRecord, now: Instant) -> Duration? {
    var usage = QuotaUsage(record.stamps, limit: limit, now: now)
    // A pause far in the future comes from a clock that was set back since.
    let asked = min((record.pauses[service] ?? now) - now, RetryingTransport.maxRetryAfter)
    let pause = max(asked, usage.wait(until: limit.requests - 1, now: now))
    if pause <= .zero { usage.stamps.append(now) }
    record.stamps = usage.stamps
    record.pauses = record.pauses.filter { $0.value > now }
    return pause <= .zero ? nil : pause
  }

  /// Reads the record, lets `change` it, and writes it if `change` returns true.
  private func update(_ change: (inout QuotaRecord) -> Bool) throws(Failure) {
    guard let file else {
      _ = change(&record)
      return
    }
    let descriptor = Self.again { unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
    guard descriptor >= 0 else { throw Self.failure(file, .open) }
    defer { close(descriptor) }
    guard Self.again({ flock(descriptor, LOCK_EX) }) == 0 else { throw Self.failure(file, .lock) }
    var record = Self.read(descriptor)
    guard !change(&record) || Self.write(record, descriptor) else { throw Self.failure(file, .write) }
  }

  private static func read(_ descriptor: Int32) -> QuotaRecord {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
    return QuotaRecord(bytes.prefix(max(0, count)))
  }

  /// Writes in place, then truncates. A torn line is no number and is ignored by the next reader.
  private static func write(_ record: QuotaRecord, _ descriptor: Int32) -> Bool {
    let bytes = record.bytes
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
    var failure = FileFault(call, "quota", errno).failure("quota", "Updating the request count in \(file)")
    // A retry at once would only delay the report; the next run tries again.
    failure.recovery = .never
    return failure
  }
}
