// The sink for services behind HTTP: batches, retries, refusals and waits, the same for every dialect.

internal import HTTPTransport
internal import IntakeCore
internal import Synchronization

/// Delivers a batch in as many requests as the service's limits need, several at a time.
///
/// What an answer says of single events decides what is sent again: never more than what was not taken. Without an answer
/// the request counts as not taken, so its events may repeat. An event that the service refuses for good goes to the
/// dead letters before the batch is acknowledged.
final class HTTPSink: Sink {
  let name: String
  private let dialect: any HTTPDialect
  private let limits: HTTPLimits
  private let connections: HTTPConnections
  private let context: SinkContext
  private let receiver: HTTPReceiver
  /// Before this sink: its connections may be older.
  private let before: (requests: Int, bytes: Int)
  private let counted = Mutex(SinkFigures())

  /// Requests in a row that may fail without an event taken before the batch is given back.
  static let mostFailures = 5
  /// A longer pause is left to the next pass.
  static let longestPause = Duration.seconds(120)

  init(_ target: HTTPTarget, _ context: SinkContext) throws(Failure) {
    name = target.name
    dialect = target.dialect
    receiver = target.receiver
    self.context = context
    var limits = dialect.limits
    limits.events = min(limits.events, target.options.mostEvents ?? .max)
    limits.bytes = min(limits.bytes, target.options.mostBytes ?? .max)
    self.limits = limits
    connections = try receiver.connections { () throws(Failure) in
      let counter = RequestCounter()
      var clients: [HTTPClient] = []
      for _ in 0..<target.options.connections { clients.append(try HTTPClient(target, context, counter: counter)) }
      return HTTPConnections(clients: clients, counter: counter)
    }
    before = (connections.counter.requests, connections.counter.sentBytes)
  }

  var bytesTaken: Int { connections.counter.sentBytes + connections.counter.answers }

  var figures: SinkFigures {
    var figures = counted.withLock { $0 }
    figures.requests = connections.counter.requests - before.requests
    figures.bytes = connections.counter.sentBytes - before.bytes
    return figures
  }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let start = ContinuousClock.now
    defer { counted.withLock { $0.seconds += (ContinuousClock.now - start).inSeconds } }
    let before = receiver.progress(of: entry)
    let delivery = EntryDelivery(entry, limits, before, receiver.facts)
    await send(delivery)
    receiver.update { $0.givesReceipts = delivery.givesReceipts }
    if delivery.isConfirmable(since: before) { await confirm(delivery) }
    let progress = delivery.progress
    note(progress, since: before)
    receiver.remember(progress)
    if let failure = delivery.failure {
      receiver.forgetConnections()
      counted.withLock { $0.lastError = failure.code.rawValue }
      throw failure
    }
    guard delivery.isComplete else { throw .incomplete(name) }
    try keep(progress.refused, of: delivery)
    receiver.remember(nil)
    return SinkPosition(sequence: entry.sequence)
  }

  func close() async {}

  /// One task for each connection, until nothing is left or one has failed.
  private func send(_ delivery: EntryDelivery) async {
    await withTaskGroup(of: Void.self) { group in
      for client in connections.clients {
        guard let first = delivery.next() else { break }
        group.addTask { await self.send(delivery, beginning: first, over: client) }
      }
    }
  }

  private func send(_ delivery: EntryDelivery, beginning first: [Int], over client: HTTPClient) async {
    var next: [Int]? = first
    while let indices = next {
      do throws(Failure) {
        try await pauseIfAsked()
        let verdict = try await exchange(indices, delivery, client)
        if case .tooLarge = verdict { noteSize(indices, delivery) }
        if let reason = delivery.settle(indices, verdict) {
          try await pause(after: reason, failures: delivery.noteFailure())
        }
      } catch {
        guard case .later = error.recovery, error.code != .stopped else { return delivery.fail(error) }
        do throws(Failure) {
          try await pause(after: error, failures: delivery.sendAgain(indices))
        } catch {
          return delivery.fail(error)
        }
      }
      next = delivery.next()
    }
  }

  private func exchange(
    _ indices: [Int], _ delivery: EntryDelivery, _ client: HTTPClient
  ) async throws(Failure) -> HTTPVerdict {
    let (response, request) = try await client.send(body(indices, delivery))
    if let verdict = try dialect.verdict(response, on: request, count: indices.count) { return verdict }
    return try StatusMeaning.verdict(response, on: request, now: context.time.now())
  }

  private func body(_ indices: [Int], _ delivery: EntryDelivery) -> [UInt8] {
    let frame = dialect.frame
    var body = frame.open
    body.reserveCapacity(indices.reduce(64) { $0 + delivery.line($1).count + limits.overhead })
    for (place, index) in indices.enumerated() {
      if place > 0 { body.append(contentsOf: frame.separator) }
      dialect.append(delivery.line(index), delivery.entry.entries[index], to: &body)
    }
    body.append(contentsOf: frame.close)
    return body
  }

  /// Waits as long as an earlier answer has asked for.
  private func pauseIfAsked() async throws(Failure) {
    guard let until = receiver.facts.notBefore else { return }
    let left = until - ContinuousClock.now
    guard left > .zero else { return receiver.update { $0.notBefore = nil } }
    guard left <= Self.longestPause else { throw .pauseAsked(name, left) }
    do { try await context.time.sleep(left) } catch { throw .stopped }
  }

  /// Waits before the next try: as long as the service says, else longer with each failure.
  /// - Throws: the failure itself where no further try is worth it now.
  private func pause(after failure: Failure, failures: Int) async throws(Failure) {
    counted.withLock { ($0.retries, $0.lastError) = ($0.retries + 1, failure.code.rawValue) }
    context.log(
      .debug, "sink.retry", "\(name): sending again.", [("reason", failure.code.rawValue), ("try", "\(failures + 1)")])
    if case .later(let asked?) = failure.recovery {
      let until = ContinuousClock.now + min(asked, RetryAfter.longest)
      receiver.update { $0.notBefore = max($0.notBefore ?? until, until) }
      guard failures < Self.mostFailures else { throw failure }
      return try await pauseIfAsked()
    }
    guard failures < Self.mostFailures else { throw failure }
    let ceiling = Double(1 << min(failures, 5)) / 4
    let seconds = Double.random(in: ceiling / 2...ceiling)
    do { try await context.time.sleep(.milliseconds(Int64(seconds * 1_000))) } catch { throw .stopped }
  }

  /// Later batches begin with bodies of half the size that was refused.
  private func noteSize(_ indices: [Int], _ delivery: EntryDelivery) {
    let size = indices.reduce(0) { $0 + delivery.line($1).count + limits.overhead }
    guard indices.count > 1 else { return }
    receiver.update { $0.mostBytes = max(65_536, min($0.mostBytes, size / 2)) }
  }

  private func confirm(_ delivery: EntryDelivery) async {
    guard let client = connections.clients.first else { return }
    let (confirmed, failure) = await dialect.confirm(delivery.receipts, client)
    delivery.confirm(confirmed)
    if let failure { delivery.fail(failure) }
  }

  private func note(_ progress: HTTPReceiver.Progress, since before: HTTPReceiver.Progress) {
    let events = progress.taken.count { $0 } - before.taken.count { $0 }
    counted.withLock { $0.events += events }
  }

  /// Sets refused events aside; the batch is acknowledged only when they are on disk.
  private func keep(_ refused: [Refusal], of delivery: EntryDelivery) throws(Failure) {
    guard !refused.isEmpty else { return }
    let letters = refused.sorted { $0.index < $1.index }.map { refusal in
      let entry = delivery.entry.entries[refusal.index]
      return DeadLetter(
        sink: name, identity: entry.identity, received: entry.received, reason: refusal.reason,
        event: Array(delivery.line(refusal.index)))
    }
    guard let deadLetters = context.deadLetters else { throw .refusedEvents(name, refused.count) }
    try deadLetters.keep(letters, at: context.time.now())
    counted.withLock { $0.rejected += letters.count }
    let kinds = Set(refused.map(\.kind)).sorted().prefix(5).joined(separator: ",")
    context.log(
      .warning, "sink.rejected", "The receiver has refused events for good; they are set aside.",
      [("sink", name), ("events", "\(letters.count)"), ("reason", kinds)])
  }
}

extension Failure {
  fileprivate static func pauseAsked(_ sink: String, _ pause: Duration) -> Failure {
    Failure(
      "sink.http.throttled", exit: .tryLater,
      "Sending to \(sink): the service has asked for a pause, which lasts another \(pause.exactly).",
      hint: "Wait: nothing is sent before.")
  }

  fileprivate static func refusedEvents(_ sink: String, _ count: Int) -> Failure {
    Failure(
      "sink.rejected", exit: .badData,
      "Sending to \(sink): \(count) events are refused, and there is no place for them.",
      hint: "Look at the receiver's log.")
  }
}
