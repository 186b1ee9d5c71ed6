// Syslog over TCP and TLS: a batch is delivered when the receiver has taken it, not when our kernel has.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `tcp://` and `tls://`.
final class StreamSink: Sink {
  let name: String
  let connector: any Connector
  let acknowledgement: SyslogOptions.Acknowledgement
  private let format: SyslogFormat
  let barrier: Barrier
  let log: Log
  private let time: TimeSource
  let receiver: ReceiverState
  let isTrial: Bool
  /// Kept open where no end of stream is waited for.
  private let kept = Mutex<(any StreamConnection)?>(nil)

  private let taken = GrowingCount()

  var bytesTaken: Int { taken.value }

  let early = GrowingCount()

  var earlyEnds: Int { early.value }

  /// Bytes handed over at once: one TLS record.
  private static let piece = 16_384

  /// Attempts without progress before the batch is given back, and the time they may take. One is enough for a receiver
  /// that is known to be down: the others must not wait for it.
  private static let attempts = 8
  private static let timeout = Duration.seconds(30)

  /// - Parameters:
  ///   - name: of the sink in log and checkpoint.
  ///   - options: of its spec.
  ///   - connector: makes its connections.
  ///   - log: for what is no failure.
  ///   - time: of the pauses between attempts.
  ///   - barrier: when a batch counts as delivered.
  ///   - receiver: shared by all sinks to one receiver, one after the other.
  ///   - isTrial: asks the receiver first what it speaks, as before the first batch ever, and accepts no end by itself.
  init(
    name: String, options: SyslogOptions, connector: any Connector, log: Log, time: TimeSource,
    barrier: Barrier = Barrier(), receiver: ReceiverState = ReceiverState(), isTrial: Bool = false
  ) {
    self.isTrial = isTrial
    self.name = name
    self.connector = connector
    self.log = log
    self.time = time
    self.barrier = barrier.counting(taken)
    self.receiver = receiver
    acknowledgement = options.acknowledgement
    format = SyslogFormat(options, framing: options.framing)
  }

  /// The receiver may be down: that holds back only this sink, so nothing is connected here.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    try connector.prepare()
    if acknowledgement == .none {
      log(.warning, "sink.ack.none", "ack=none: delivery is not confirmed.", [("sink", name)])
    }
    guard let position else {
      var new = SinkPosition(sequence: 0)
      new.contact = .notYet
      return new
    }
    return position
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    try meet(position.contact)
    var done = 0
    var interval = receiver.interval(for: entry.entries.count)
    var failures = 0
    var giveUp = time.now() + Self.timeout
    while done < entry.entries.count {
      let end = min(done + interval, entry.entries.count)
      var isConnected = false
      do throws(Failure) {
        let connection = try connect()
        isConnected = true
        try send(entry, done..<end, connection)
        receiver.update { ($0.isDown, $0.isAsked, $0.peer) = (false, false, nil) }
        (done, failures, giveUp) = (end, 0, time.now() + Self.timeout)
      } catch {
        kept.withLock { $0 = nil }
        failures += 1
        if isConnected {
          interval = max(1, interval / 4)
          receiver.update { $0.interval = interval }
          try firstEnd()
        }
        guard error != .stopped, error.exit == .tryLater, !receiver.facts.isDown, failures < Self.attempts,
          time.now() < giveUp
        else {
          guard error != .stopped else { throw error }
          let explained = explained(error)
          receiver.update { $0.isDown = true }
          throw explained
        }
        log(
          .debug, "sink.retry", "Resending the rest of the batch.",
          [("sink", name), ("because", error.sentence), ("frames", "\(interval)")])
        try await backOff(failures)
      }
    }
    receiver.update { $0.interval = interval >= entry.entries.count ? Int.max : interval }
    var reached = SinkPosition(sequence: entry.sequence)
    reached.contact = receiver.facts.contact == .steady ? .steady : nil
    return reached
  }

  func close() async { kept.withLock { $0 = nil } }

  /// 100 ms, doubled each time up to 4 s, and a quarter of chance either way.
  private func backOff(_ failures: Int) async throws(Failure) {
    let base = min(100 << min(failures - 1, 6), 4_000)
    let wait = Duration.milliseconds(Int.random(in: (base * 3 / 4)...(base * 5 / 4)))
    do {
      try await time.sleep(wait)
    } catch {
      throw .stopped
    }
  }

  private func send(
    _ entry: JournalEntry, _ range: Range<Int>, _ connection: any StreamConnection
  ) throws(Failure) {
    do throws(SocketFault) {
      try watchForEnd(connection)
      var rest = frames(entry, range)[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Self.piece)
        try connection.send(Array(piece))
        taken.add(piece.count)
        rest = rest.dropFirst(piece.count)
      }
      try settle(connection, frames: range.count)
    } catch {
      throw lastWords(connection, error).failure(connector.area, name)
    }
    noteTalk(connection)
  }

  /// A receiver of another protocol may have said so before it broke the connection.
  private func lastWords(_ connection: any StreamConnection, _ fault: SocketFault) -> SocketFault {
    guard fault.peer == nil else { return fault }
    do throws(SocketFault) {
      _ = try connection.drain()
      return fault
    } catch {
      return error.peer == nil ? fault : error
    }
  }

  /// Said once: syslog over TCP goes one way only.
  private func noteTalk(_ connection: any StreamConnection) {
    guard !connection.heard.isEmpty, !receiver.facts.hasTalked else { return }
    receiver.update { $0.hasTalked = true }
    log(
      .warning, "sink.talks", "The receiver answers, which receivers of syslog do not: it may be another service.",
      [("sink", name), ("hint", "check host and port; look for the events there")])
  }

  private func connect() throws(Failure) -> any StreamConnection {
    if let known = kept.withLock({ $0 }) {
      if (try? known.drain()) == false { return known }
      kept.withLock { $0 = nil }
    }
    return try connector.connect(name: name, within: .seconds(receiver.facts.isDown ? 3 : 10))
  }

  /// Returns once the frames count as taken; anything else is thrown.
  private func settle(_ connection: any StreamConnection, frames: Int) throws(SocketFault) {
    let isDowngraded = receiver.facts.isDowngraded
    switch acknowledgement {
    case .eof where !isDowngraded, .strictEOF:
      let hold = holding
      let ending = try barrier.endOfStream(connection, holding: hold)
      if hold > .zero, ending != .early {
        receiver.update { ($0.contact, $0.heldAt) = (.steady, TimeSource.monotonic) }
      }
      switch ending {
      case .closed: receiver.update { ($0.hasConfirmed, $0.earlyEnds.inARow) = (true, 0) }
      case .open: try settleOpen()
      case .early: try settleEarlyEnd(connection, frames)
      }
    case .eof, .kernel:
      try barrier.acknowledged(connection)
      kept.withLock { $0 = connection }
    case .none:
      _ = try connection.drain()
      kept.withLock { $0 = connection }
    }
  }

  private func settleOpen() throws(SocketFault) {
    guard acknowledgement == .eof, !receiver.facts.hasConfirmed else { throw SocketFault(ETIMEDOUT) }
    receiver.update { $0.isDowngraded = true }
    downgrade("it does not close its side after ours")
  }

  private func frames(_ entry: JournalEntry, _ range: Range<Int>) -> [UInt8] {
    var output: [UInt8] = []
    var start = range.lowerBound == 0 ? 0 : entry.entries[range.lowerBound - 1].end
    output.reserveCapacity((entry.entries[range.upperBound - 1].end - start) * 5 / 4 + range.count * 160)
    for one in entry.entries[range] {
      format.append(entry.bytes[start..<one.end], one, to: &output)
      start = one.end
    }
    return output
  }
}
