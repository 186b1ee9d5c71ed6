// Syslog over TCP and TLS: a batch is delivered when the receiver has taken it, not when our kernel has.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `tcp://` and `tls://`.
final class StreamSink: Sink {
  let name: String
  private let connector: any Connector
  private let acknowledgement: SyslogOptions.Acknowledgement
  private let format: SyslogFormat
  private let barrier: Barrier
  private let log: Log
  private let time: TimeSource
  private let receiver: ReceiverState
  private let isTrial: Bool
  /// Kept open where no end of stream is waited for.
  private let kept = Mutex<(any StreamConnection)?>(nil)

  private let taken = GrowingCount()

  var bytesTaken: Int { taken.value }

  private let early = GrowingCount()

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
  ///   - isTrial: asks the receiver first whether it expects TLS: one that does may read a single event and close as if it had
  ///     understood it. One without TLS gets an unreadable line by that, so it is asked in a trial only.
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
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    if isTrial, connector.meetsTLS() { throw SocketFault.expectsTLS.failure(connector.area, name) }
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
        receiver.update { ($0.isDown, $0.expectsTLS) = (false, false) }
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
    return SinkPosition(sequence: entry.sequence)
  }

  /// Asked at the first early end: a listener of TLS may read fewer frames to their end, as if it had understood them.
  private func firstEnd() throws(Failure) {
    guard receiver.facts.earlyEnds.inARow == 1, connector.meetsTLS() else { return }
    receiver.update { ($0.expectsTLS, $0.isDown) = (true, true) }
    throw SocketFault.expectsTLS.failure(connector.area, name)
  }

  /// A receiver of TLS ends or resets every connection that speaks none, and only its log may say why: it is asked once.
  private func explained(_ error: Failure) -> Failure {
    guard error.cause as? SocketFault == .reset else { return error }
    let known = receiver.facts
    if !known.isDown, !known.endsProveNothing, connector.meetsTLS() { receiver.update { $0.expectsTLS = true } }
    return receiver.facts.expectsTLS ? SocketFault.expectsTLS.failure(connector.area, name) : error
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
      throw error.failure(connector.area, name)
    }
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
      switch try barrier.endOfStream(connection) {
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

  /// An end before ours is a break: the frames are sent again, fewer at a time. A receiver that ends its side before ours
  /// even behind a single frame, or before any, confirms nothing that way, ever.
  private func settleEarlyEnd(_ connection: any StreamConnection, _ frames: Int) throws(SocketFault) {
    early.add(1)
    receiver.update { ($0.earlyEnds.all, $0.earlyEnds.inARow) = ($0.earlyEnds.all + 1, $0.earlyEnds.inARow + 1) }
    let known = receiver.facts
    if known.earlyEnds.inARow == Self.suspicious {
      log(
        .warning, "sink.ack.early_end",
        "The receiver ends its side before ours, again and again: the batch is sent again each time.",
        [("sink", name), ("ends", "\(known.earlyEnds.all)"), ("hint", Self.wayOut)])
    }
    let isHopeless = known.endsAtOnce && !known.hasConfirmed || frames == 1 && known.earlyEnds.inARow >= Self.suspicious
    guard acknowledgement == .eof, known.endsProveNothing || isHopeless else { throw SocketFault(ECONNRESET) }
    if !known.endsProveNothing {
      if connector.meetsTLS() { receiver.update { $0.expectsTLS = true } }
      guard !receiver.facts.expectsTLS else { throw .expectsTLS }
      receiver.update { $0.endsProveNothing = true }
      downgrade("it closes its side before ours")
    }
    // What a receiver leaves unread when it closes at once still comes back as a reset.
    try barrier.acknowledged(connection)
  }

  /// Early ends in a row that are no accident, such as a restart of the receiver.
  private static let suspicious = 3
  private static let wayOut =
    "use relp://, which confirms each message; or set ack=kernel to accept this, ack=eof-strict to refuse it"

  /// After a first early end: does the receiver end its side before it has got anything?
  private func watchForEnd(_ connection: any StreamConnection) throws(SocketFault) {
    let known = receiver.facts
    guard known.earlyEnds.inARow > 0, !known.endsAtOnce, !known.endsProveNothing else { return }
    do throws(SocketFault) {
      try connection.socket.wait(for: Int16(POLLIN), within: .milliseconds(200))
    } catch {
      guard error.number == ETIMEDOUT else { throw error }
    }
    if try connection.drain() { receiver.update { $0.endsAtOnce = true } }
  }

  private func downgrade(_ why: String) {
    log(
      .warning, "sink.ack.downgraded",
      "The receiver does not confirm by closing; using ack=kernel from now on, so what it leaves unread is lost.",
      [("sink", name), ("because", why), ("hint", Self.wayOut)])
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
