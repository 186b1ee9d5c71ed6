// The quota: a rolling count of requests, on disk where other runs and processes share it.

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

/// A count of requests that all processes which name the same files share, with the pauses that services have asked for.
package actor Quota {
  /// A request has to fit into each of them.
  private let places: QuotaPlaces
  private let limit: QuotaLimit
  /// The service whose pauses count here.
  private let service: String
  /// Where there is no file.
  private var record = QuotaRecord()
  /// Of the newest request or wait: requests in the other files that the first one does not have.
  package private(set) var others = 0
  private let executor = ThreadExecutor(name: "quota")

  /// - Parameter files: of the state first, then those that are shared with other states; none keeps the count in memory.
  package init(files: [String], limit: QuotaLimit, service: String = "service") {
    self.init(places: QuotaPlaces(files: files), limit: limit, service: service)
  }

  package init(places: QuotaPlaces, limit: QuotaLimit, service: String = "service") {
    self.places = places
    self.limit = limit
    self.service = service
  }

  package init(file: String?, limit: QuotaLimit, service: String = "service") {
    self.init(files: file.map { [$0] } ?? [], limit: limit, service: service)
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// nil: the request is counted and may be sent; else how long to wait before the next call.
  package func take(_ now: Instant) throws(Failure) -> Duration? {
    var pause: Duration?
    try update { records in
      let before = records
      pause = take(&records, now: now)
      // What a clock set back has moved is kept: counted from anew at each call it would never be over.
      return pause == nil || records != before
    }
    return pause
  }

  /// Sends nothing to this service for so long, in this process and in later ones: its Retry-After.
  package func pause(for duration: Duration, _ now: Instant) throws(Failure) {
    try update { records in
      for index in records.indices {
        let end = now + min(duration, RetryAfter.longest)
        records[index].pauses[service] = max(records[index].pauses[service] ?? now, end)
      }
      return true
    }
  }

  private func take(_ records: inout [QuotaRecord], now: Instant) -> Duration? {
    let usages = records.map { QuotaUsage($0.stamps, limit: limit, now: now) }
    let pause =
      zip(records, usages).map { record, usage in
        // A pause far in the future comes from a clock that was set back since.
        let asked = min((record.pauses[service] ?? now) - now, RetryAfter.longest)
        return max(asked, usage.wait(until: limit.requests - 1, now: now))
      }.max() ?? .zero
    others = max(0, (usages.map(\.used).max() ?? 0) - (usages.first?.used ?? 0))
    for index in records.indices {
      records[index].stamps = usages[index].stamps + (pause <= .zero ? [now] : [])
      records[index].pauses = records[index].pauses.filter { $0.value > now }
        .mapValues { min($0, now + RetryAfter.longest) }
    }
    return pause <= .zero ? nil : pause
  }

  /// Reads the records, lets `change` them, and writes them if `change` returns true. All are locked meanwhile, in the order
  /// of the files: the first is one state's alone, so that no two processes wait for each other. It alone has to be kept:
  /// a full disk under a file that is shared must not stop the collection.
  private func update(_ change: (inout [QuotaRecord]) -> Bool) throws(Failure) {
    if let documents = places.documents { return try update(documents, change) }
    var locked: [QuotaFile] = []
    for file in places.files {
      do throws(Failure) {
        locked.append(try QuotaFile(locking: file, within: locked.isEmpty ? QuotaFile.own : QuotaFile.shared))
      } catch {
        guard !locked.isEmpty else { throw error }
      }
    }
    var records = locked.isEmpty ? [record] : locked.map { $0.read() }
    guard change(&records) else { return }
    if locked.isEmpty, let first = records.first { record = first }
    for (index, file) in locked.enumerated() {
      do throws(Failure) {
        try file.write(records[index])
      } catch {
        guard index > 0 else { throw error }
      }
    }
  }

  /// The same where the state's own record is a document: the files are all shared ones, and may fail.
  private func update(
    _ documents: any StateDocuments, _ change: (inout [QuotaRecord]) -> Bool
  ) throws(Failure) {
    let locked = places.files.compactMap { try? QuotaFile(locking: $0, within: QuotaFile.shared) }
    var records: [QuotaRecord] = []
    try documents.update(places.name) { bytes in
      records = [QuotaRecord(bytes[...])] + locked.map { $0.read() }
      guard change(&records), let own = records.first else {
        records = []
        return false
      }
      bytes = own.bytes
      return true
    }
    for (file, record) in zip(locked, records.dropFirst()) { try? file.write(record) }
  }
}
