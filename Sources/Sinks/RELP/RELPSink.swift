// Syslog over RELP: each message is answered by the receiver's process, and what was not answered is sent again.

internal import IntakeCore
internal import Synchronization

/// `relp://` and `relps://`. A message that the receiver refuses for good goes to the dead letters before its batch is
/// acknowledged.
final class RELPSink: Sink {
  let name: String
  private let connector: any Connector
  private let format: SyslogFormat
  private let window: Int
  private let stall: Duration
  private let patience: Duration
  private let log: Log
  private let time: TimeSource
  private let receiver: ReceiverState
  private let deadLetters: (any DeadLetters)?
  private let rejected = Atomic(0)
  /// Kept open between batches.
  private let kept = Mutex<RELPSession?>(nil)
  private let taken = GrowingCount()

  var bytesTaken: Int { taken.value }

  var figures: SinkFigures {
    var figures = SinkFigures()
    figures.rejected = rejected.load(ordering: .relaxed)
    return figures
  }

  /// Attempts without an answer before the batch is given back, and the time they may take. One is enough for a receiver
  /// that is known to be down.
  private static let attempts = 8
  private static let timeout = Duration.seconds(30)

  /// - Parameters:
  ///   - stall: how long the receiver may neither read nor answer.
  ///   - receiver: shared by all sinks to one receiver, one after the other.
  ///   - deadLetters: where refused events are kept; nil: a refused event is a failure of its batch.
  init(
    name: String, options: SyslogOptions, connector: any Connector, log: Log, time: TimeSource,
    stall: Duration = .seconds(30), receiver: ReceiverState = ReceiverState(), deadLetters: (any DeadLetters)? = nil
  ) {
    self.name = name
    self.connector = connector
    self.log = log
    self.time = time
    self.stall = stall
    patience = .seconds(options.refusedAfter)
    self.receiver = receiver
    self.deadLetters = deadLetters
    window = options.window
    format = SyslogFormat(options, framing: nil)
  }

  /// The receiver may be down: that holds back only this sink, so nothing is connected here.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    try connector.prepare()
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let known = receiver.facts.unfinished
    var batch =
      known.flatMap { $0.isOf(entry) ? $0 : nil }
      ?? RELPBatch(entry, patience: patience, refusingSince: receiver.refusingSince)
    defer { if batch.wasRefused { receiver.note(refusingSince: batch.refusingSince) } }
    do throws(Failure) {
      try await answer(&batch)
      try keep(batch)
    } catch {
      let isOfUse = batch.answered > 0 && error.code != .refusesAll
      receiver.update { $0.unfinished = isOfUse ? batch : nil }
      throw error
    }
    receiver.update { $0.unfinished = nil }
    return SinkPosition(sequence: entry.sequence)
  }

  /// Sends until each message is taken, or refused for good.
  private func answer(_ batch: inout RELPBatch) async throws(Failure) {
    var failures = 0
    var giveUp = TimeSource.monotonic + Self.timeout
    while !batch.isDone {
      let before = batch.answered
      do throws(Failure) {
        try deliver(&batch)
        receiver.update { ($0.isDown, $0.isAsked) = (false, false) }
      } catch {
        if batch.answered > before { (failures, giveUp) = (0, TimeSource.monotonic + Self.timeout) }
        failures += 1
        // One that refuses a message is not down.
        let isThere = !receiver.facts.isDown || batch.answered > before || !batch.refusals.isEmpty
        // Less than an answer a second, until the time makes the refusals final.
        if batch.isWaiting {
          (failures, giveUp) = (min(failures, Self.attempts - 1), TimeSource.monotonic + Self.timeout)
        }
        guard error != .stopped, error.exit == .tryLater, isThere, failures < Self.attempts,
          TimeSource.monotonic < giveUp
        else {
          if error != .stopped { receiver.update { $0.isDown = true } }
          throw error
        }
        log(
          .debug, "sink.retry", "Resending what was not answered.",
          [("sink", name), ("because", error.sentence), ("answered", "\(batch.answered)")])
        try await backOff(failures)
      }
    }
  }

  /// Sets aside what is refused for good; the batch is acknowledged only when that is on disk.
  private func keep(_ batch: RELPBatch) throws(Failure) {
    let refused = batch.refused
    guard !refused.isEmpty else { return }
    let isAll = refused.count == batch.entry.entries.count && refused.count >= RELPRefusal.mostInARow
    guard !isAll else { throw .refusesAll(name, refused.count) }
    guard let deadLetters else { throw .refusedMessages(name, refused.count) }
    let letters = refused.map { index, status in
      let entry = batch.entry.entries[index]
      return DeadLetter(
        sink: name, identity: entry.identity, received: entry.received, reason: "RELP status \(status ?? 0)",
        event: Array(batch.line(index).prefix { $0 != .lineFeed }))
    }
    try deadLetters.keep(letters, at: time.now())
    rejected.add(letters.count, ordering: .relaxed)
    log(
      .warning, "sink.rejected", "The receiver has refused events for good; they are set aside.",
      [("sink", name), ("events", "\(letters.count)")])
  }

  func close() async {
    var session = take()
    session?.close()
  }

  /// Opens a session and ends it again, without a message: for `check`.
  func reach() throws(Failure) {
    var session = try connect()
    session.close()
  }

  /// The session is kept only after a whole batch: what it had on its way when it failed is unknown.
  private func deliver(_ batch: inout RELPBatch) throws(Failure) {
    var session = try connect()
    try session.deliver(&batch, format, window: window, taken)
    kept.withLock { $0 = session }
  }

  private func connect() throws(Failure) -> RELPSession {
    if var known = take(), known.isAlive() { return known }
    let timeout = Duration.seconds(receiver.facts.isDown ? 3 : 10)
    do throws(Failure) {
      return try RELPSession(connector, name: name, within: timeout, stall: stall)
    } catch {
      throw asked(error)
    }
  }

  /// A listener of TLS ends a session without it before it is open, and only its log may say why: it is asked once.
  private func asked(_ error: Failure) -> Failure {
    guard error.cause as? SocketFault == .reset, !receiver.facts.isAsked else { return error }
    receiver.update { $0.isAsked = true }
    guard let peer = connector.peer(), peer != .relp else { return error }
    return SocketFault.speaks(peer).failure(connector.area, name)
  }

  private func take() -> RELPSession? {
    kept.withLock { kept in
      defer { kept = nil }
      return kept
    }
  }

  /// 100 ms, doubled each time up to 4 s, and a quarter of chance either way.
  private func backOff(_ failures: Int) async throws(Failure) {
    let base = min(100 << min(failures - 1, 6), 4_000)
    do {
      try await time.sleep(.milliseconds(Int.random(in: (base * 3 / 4)...(base * 5 / 4))))
    } catch {
      throw .stopped
    }
  }
}

extension Failure.Code {
  fileprivate static let refusesAll = Self(rawValue: "sink.relp.refuses_all")
}

extension Failure {
  fileprivate static func refusesAll(_ sink: String, _ count: Int) -> Failure {
    Failure(
      .refusesAll, exit: .badData,
      "Sending to \(sink): the receiver has refused all \(count) events of a batch, and takes others.",
      hint: "Look at the receiver's log: a parser or a limit that does not fit these events.")
  }

  fileprivate static func refusedMessages(_ sink: String, _ count: Int) -> Failure {
    Failure(
      "sink.rejected", exit: .badData,
      "Sending to \(sink): \(count) events are refused, and there is no place for them.",
      hint: "Look at the receiver's log.")
  }
}
