// What a stream sink makes of a receiver that ends connections by itself: a break, another protocol, or its manner.

internal import Glibc
internal import IntakeCore

extension StreamSink {
  /// Asked before the first batch ever: a listener of another protocol may read a small batch to its end and close, as if it
  /// had understood it. One of plain text may keep the question as an unreadable line, so it is asked no second time.
  func meet(_ contact: SinkPosition.Contact?) throws(Failure) {
    receiver.update { $0.contact = $0.contact == .steady ? .steady : contact }
    guard contact == .notYet || isTrial else { return }
    receiver.update { $0.isAsked = false }
    try refuse(peer())
  }

  /// Asked at the first early end: a listener of TLS may read fewer frames to their end, as if it had understood them.
  func firstEnd() throws(Failure) {
    if receiver.facts.earlyEnds.inARow == 1 { try refuse(peer()) }
  }

  private func refuse(_ peer: PeerProtocol?) throws(Failure) {
    guard let peer else { return }
    receiver.update { $0.isDown = true }
    throw SocketFault.speaks(peer).failure(connector.area, name)
  }

  /// What the receiver speaks instead, asked once until it takes something.
  private func peer() -> PeerProtocol? {
    if receiver.facts.isAsked { return receiver.facts.peer }
    let peer = connector.peer()
    receiver.update { ($0.isAsked, $0.peer) = (true, peer) }
    return peer
  }

  /// A receiver of TLS ends or resets every connection that speaks none, and only its log may say why.
  func explained(_ error: Failure) -> Failure {
    guard error.cause as? SocketFault == .reset else { return error }
    let known = receiver.facts
    if !known.endsProveNothing, let peer = peer() { return SocketFault.speaks(peer).failure(connector.area, name) }
    var error = error
    if known.earlyEnds.inARow >= Self.suspicious {
      error.hint = "Check that it is the receiver's port for syslog, and its log; else \(Self.wayOut)."
    }
    return error
  }

  /// How long the receiver must keep the connection open behind the last byte.
  var holding: Duration {
    let known = receiver.facts
    if let last = known.heldAt, TimeSource.monotonic - last < barrier.holding.pause { return .zero }
    return known.contact == .notYet ? barrier.holding.first : barrier.holding.usual
  }

  /// An end before ours is a break: the frames are sent again, fewer at a time. A receiver that ends its side before ours
  /// even behind a single frame, or before any, confirms nothing that way, ever.
  func settleEarlyEnd(_ connection: any StreamConnection, _ frames: Int) throws(SocketFault) {
    early.add(1)
    receiver.update { facts in
      (facts.earlyEnds.all, facts.earlyEnds.inARow) = (facts.earlyEnds.all + 1, facts.earlyEnds.inARow + 1)
      facts.heldAt = nil
    }
    let known = receiver.facts
    if known.earlyEnds.inARow == Self.suspicious {
      log(
        .warning, "sink.ack.early_end",
        "The receiver ends its side before ours, again and again: the batch is sent again each time.",
        [("sink", name), ("ends", "\(known.earlyEnds.all)"), ("hint", Self.wayOut)])
    }
    let isHopeless = known.endsAtOnce && !known.hasConfirmed || frames == 1 && known.earlyEnds.inARow >= Self.suspicious
    guard acknowledgement == .eof, known.contact != .steady, known.endsProveNothing || isHopeless else { throw .reset }
    if !known.endsProveNothing {
      if let peer = peer() { throw .speaks(peer) }
      // Before it has ever taken anything it is more likely no receiver of syslog at all.
      let isNew = isTrial || known.contact == .notYet
      guard !isNew || known.endsAtOnce else { throw .reset }
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
  func watchForEnd(_ connection: any StreamConnection) throws(SocketFault) {
    let known = receiver.facts
    guard known.earlyEnds.inARow > 0, !known.endsAtOnce, !known.endsProveNothing else { return }
    do throws(SocketFault) {
      try connection.socket.wait(for: Int16(POLLIN), within: .milliseconds(200))
    } catch {
      guard error.number == ETIMEDOUT else { throw error }
    }
    if try connection.drain() { receiver.update { $0.endsAtOnce = true } }
  }

  func downgrade(_ why: String) {
    log(
      .warning, "sink.ack.downgraded",
      "The receiver does not confirm by closing; using ack=kernel from now on, so what it leaves unread is lost.",
      [("sink", name), ("because", why), ("hint", Self.wayOut)])
  }
}
