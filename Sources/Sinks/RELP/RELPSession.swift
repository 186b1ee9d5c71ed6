// One RELP connection: opened by an exchange of offers, then messages out and an answer to each of them in.

internal import Glibc
internal import IntakeCore

/// An open session. Used by one task at a time; gone with its connection.
struct RELPSession: Sendable {
  private let name: String
  private let connection: any StreamConnection
  /// How long the receiver may take without reading or answering anything.
  private let stall: Duration
  private var outgoing: [UInt8] = []
  private var reader = RELPReader()
  private var transaction = 0
  /// Which message of the batch a transaction is.
  private var unanswered: [Int: Int] = [:]

  /// Connects and opens the session.
  /// - Throws: `sink.relp.*`; exit 76 if the receiver speaks another protocol or takes no syslog.
  init(_ connector: any Connector, name: String, within timeout: Duration, stall: Duration) throws(Failure) {
    self.name = name
    self.stall = stall
    connection = try connector.connect(name: name, within: timeout)
    let number = send("open", Array("relp_version=0\nrelp_software=message-trace\ncommands=syslog".utf8))
    var answer: RELPFrame?
    do throws(Failure) {
      while answer == nil { answer = try exchange(within: timeout).first }
    } catch {
      throw Self.unopened(error)
    }
    guard answer?.transaction == number else { throw foreign }
    guard answer?.status == 200 else { throw rejected("the session", answer?.status) }
    guard let answer, Self.offersSyslog(answer.data) else {
      throw Failure(
        "sink.relp.offers", exit: .protocolBroken,
        "Sending to \(name): the receiver does not offer the command syslog.",
        hint: "Enable syslog in the receiver's configuration of RELP.")
    }
  }

  /// A receiver of another protocol may wait for more of what it takes for its own.
  private static func unopened(_ error: Failure) -> Failure {
    guard (error.cause as? SocketFault)?.number == ETIMEDOUT else { return error }
    var error = error
    error.hint = "Check that the port is one of RELP (rsyslog: imrelp); plain syslog over TCP is tcp:// or tls://."
    return error
  }

  /// `commands=` names what both sides may use, separated by commas.
  private static func offersSyslog(_ offers: [UInt8]) -> Bool {
    offers.split(separator: .lineFeed).contains { line in
      line.starts(with: "commands=".utf8)
        && line.dropFirst(9).split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual("syslog".utf8) }
    }
  }

  /// False once the receiver has ended the session, as far as is known here.
  mutating func isAlive() -> Bool {
    guard let answers = try? poll() else { return false }
    return answers.isEmpty && !hasEnded
  }

  private var hasEnded = false

  /// Sends what of the batch is not answered, at most `window` messages ahead of the answers. What was answered before a
  /// failure is noted in the batch.
  mutating func deliver(
    _ batch: inout RELPBatch, _ format: SyslogFormat, window: Int, _ taken: GrowingCount
  ) throws(Failure) {
    batch.rewind()
    unanswered = [:]
    var refused: [Int] = []
    let isProven =
      try batch.doubtful.map { index throws(Failure) in try takesShortened(index, of: batch, format) } ?? false
    while true {
      // Half a window at once: one call to the system for many messages.
      if unanswered.count <= window / 2 { fill(&batch, format, window) }
      guard !unanswered.isEmpty else { break }
      for answer in try exchange(within: stall) {
        guard let index = unanswered.removeValue(forKey: answer.transaction) else { throw foreign }
        if answer.status == 200 {
          batch.noteAnswer(to: index)
          for earlier in refused where earlier < index { batch.noteOthersTaken(beside: earlier) }
        } else {
          refused.append(index)
          batch.noteRefusal(of: index, status: answer.status)
          if isProven { batch.noteOthersTaken(beside: index) }
        }
        taken.add(1)
      }
    }
    guard batch.isDone else { throw rejected("a message", refused.last.flatMap { batch.refusals[$0]?.status }) }
  }

  /// Where no other message is left, a copy with little more than its id shows whether the receiver takes anything. It goes
  /// first, since a receiver may close the connection behind a refusal.
  private mutating func takesShortened(
    _ index: Int, of batch: RELPBatch, _ format: SyslogFormat
  ) throws(Failure) -> Bool {
    var message: [UInt8] = []
    format.appendShortened(batch.line(index), batch.entry.entries[index], to: &message)
    let number = send("syslog", message)
    while true {
      for answer in try exchange(within: stall) {
        guard answer.transaction == number else { throw foreign }
        return answer.status == 200
      }
    }
  }

  private mutating func fill(_ batch: inout RELPBatch, _ format: SyslogFormat, _ window: Int) {
    while unanswered.count < window, let index = batch.takeNext() {
      var message: [UInt8] = []
      format.append(batch.line(index), batch.entry.entries[index], to: &message)
      unanswered[send("syslog", message)] = index
    }
  }

  /// Ends the session in order, where the receiver answers within a second.
  mutating func close() {
    let number = send("close", [])
    for _ in 0..<8 {
      guard let answers = try? exchange(within: .seconds(1)), !answers.contains(where: { $0.transaction == number })
      else { return }
    }
  }

  private mutating func send(_ command: String, _ data: [UInt8]) -> Int {
    transaction = transaction % RELPFrame.lastTransaction + 1
    RELPFrame.append(transaction, command, data, to: &outgoing)
    return transaction
  }

  /// Sends and receives until at least one answer has come.
  private mutating func exchange(within limit: Duration) throws(Failure) -> [RELPFrame] {
    do throws(SocketFault) {
      var end = ContinuousClock.now + limit
      while true {
        let left = outgoing.count
        let fault = trySending()
        let answers = try poll()
        if !answers.isEmpty { return answers }
        if let fault { throw fault }
        guard !hasEnded else { throw SocketFault(ECONNRESET) }
        if outgoing.count < left { end = ContinuousClock.now + limit }
        let events = outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT
        try connection.socket.wait(for: Int16(events), within: end - ContinuousClock.now)
      }
    } catch {
      guard error != Self.malformed else { throw foreign }
      throw error.failure("sink.relp", name)
    }
  }

  /// A connection that can no longer be written to may still hold answers.
  private mutating func trySending() -> SocketFault? {
    do throws(SocketFault) {
      while !outgoing.isEmpty {
        let count = try connection.sendSome(outgoing[...])
        guard count > 0 else { break }
        outgoing.removeFirst(count)
      }
      return nil
    } catch {
      return error
    }
  }

  /// The answers that are there. A receiver that announces its end, or ends, answers nothing more.
  private mutating func poll() throws(SocketFault) -> [RELPFrame] {
    if !hasEnded {
      hasEnded = try connection.receive(&reader.bytes)
      connection.socket.acknowledgeAtOnce()
    }
    var answers: [RELPFrame] = []
    do throws(RELPReader.Malformed) {
      while let frame = try reader.next() {
        switch frame.command {
        case "rsp": answers.append(frame)
        case "serverclose": hasEnded = true
        default: throw RELPReader.Malformed()
        }
      }
    } catch {
      throw Self.malformed
    }
    return answers
  }

  /// Bytes that are no RELP.
  private static let malformed = SocketFault(EBADMSG)

  private var foreign: Failure {
    if let peer = PeerProtocol(answer: reader.bytes), peer != .relp {
      return SocketFault.speaks(peer).failure("sink.relp", name)
    }
    return Failure(
      "sink.relp.protocol", exit: .protocolBroken, "Sending to \(name): the receiver does not answer in RELP.",
      hint: "Check that the port is one of RELP (rsyslog: imrelp); plain syslog over TCP is tcp:// or tls://.")
  }

  /// The text behind the status may repeat the message, so it is left out.
  private func rejected(_ what: String, _ status: Int?) -> Failure {
    Failure(
      "sink.relp.rejected", exit: .tryLater,
      "Sending to \(name): the receiver rejected \(what) with status \(status.map(String.init) ?? "unknown").",
      hint: "Look in the receiver's log for the reason.", recovery: .later(after: nil))
  }
}
