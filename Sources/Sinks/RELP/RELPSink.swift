// Syslog over RELP: each message is answered by the receiver's process, and what was not answered is sent again.

internal import IntakeCore
internal import Synchronization

/// `relp://` and `relps://`.
final class RELPSink: Sink {
  let name: String
  private let connector: any Connector
  private let format: SyslogFormat
  private let window: Int
  private let stall: Duration
  private let log: Log
  private let time: TimeSource
  private let receiver: ReceiverState
  /// Kept open between batches.
  private let kept = Mutex<RELPSession?>(nil)
  private let taken = GrowingCount()

  var bytesTaken: Int { taken.value }

  /// Attempts without an answer before the batch is given back, and the time they may take. One is enough for a receiver
  /// that is known to be down.
  private static let attempts = 8
  private static let timeout = Duration.seconds(30)

  /// - Parameters:
  ///   - stall: how long the receiver may neither read nor answer.
  ///   - receiver: shared by all sinks to one receiver, one after the other.
  init(
    name: String, options: SyslogOptions, connector: any Connector, log: Log, time: TimeSource,
    stall: Duration = .seconds(30), receiver: ReceiverState = ReceiverState()
  ) {
    self.name = name
    self.connector = connector
    self.log = log
    self.time = time
    self.stall = stall
    self.receiver = receiver
    window = options.window
    format = SyslogFormat(options, framing: nil)
  }

  /// The receiver may be down: that holds back only this sink, so nothing is connected here.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    try connector.prepare()
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    var batch = RELPBatch(entry)
    var failures = 0
    var giveUp = time.now() + Self.timeout
    while !batch.isDone {
      let before = batch.answered
      do throws(Failure) {
        try deliver(&batch)
        receiver.update { $0.isDown = false }
      } catch {
        if batch.answered > before { (failures, giveUp) = (0, time.now() + Self.timeout) }
        failures += 1
        guard error != .stopped, error.exit == .tryLater, !receiver.facts.isDown || batch.answered > before,
          failures < Self.attempts, time.now() < giveUp
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
    return SinkPosition(sequence: entry.sequence)
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
    return try RELPSession(connector, name: name, within: timeout, stall: stall)
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
