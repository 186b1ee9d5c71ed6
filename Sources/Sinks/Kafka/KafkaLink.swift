// The way to the brokers: connecting, one transaction for each batch, and what is left behind when one breaks.

internal import IntakeCore
internal import Synchronization

/// Keeps the connection of a sink, also from one pass to the next.
struct KafkaLink: Sendable {
  /// How far a delivery has come.
  enum Step: Int, Sendable, CaseIterable, Comparable {
    case begins, connected, begun, produced, flushed, marked, committed
    static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
  }

  /// Why a delivery ended before its batch was committed.
  enum Setback: Error, Sendable {
    /// Behind the step that had been reached.
    case broken(KafkaFault, Step)
    case failed(Failure)

    var fault: KafkaFault? {
      guard case .broken(let fault, _) = self else { return nil }
      return fault
    }
  }

  /// A producer whose transactional id is registered, and what the writer is known to have committed.
  fileprivate struct Connection: Sendable {
    var producer: KafkaProducer
    var committed: Set<KafkaMarker>

    /// Forgets what compaction would forget.
    mutating func note(_ marker: KafkaMarker) {
      let oldest = marker.sequence > KafkaMarker.slots ? marker.sequence - KafkaMarker.slots : 0
      if committed.count > 4 * KafkaMarker.slots { committed = committed.filter { $0.sequence > oldest } }
      committed.insert(marker)
    }
  }

  /// Outlives the sink: what another collector has taken over stays fenced.
  final class Kept: Sendable {
    fileprivate let connection = Mutex<Connection?>(nil)
  }

  private let settings: KafkaSettings
  private let writer: String
  private let kept: Kept
  private let taken: GrowingCount
  private let probe: @Sendable (Step) throws(Failure) -> Void

  init(
    _ settings: KafkaSettings, writer: String, kept: Kept, taken: GrowingCount,
    probe: @escaping @Sendable (Step) throws(Failure) -> Void
  ) {
    self.settings = settings
    self.writer = writer
    self.kept = kept
    self.taken = taken
    self.probe = probe
  }

  private var isTransactional: Bool { settings.transactions == .yes }

  /// Sends the batch unless the topic has it; false if it has.
  /// - Parameter secret: password or bearer token; a new token is handed to a connection that is there already.
  func deliver(_ entry: JournalEntry, _ marker: KafkaMarker, _ secret: Secret?) throws(Setback) -> Bool {
    var step = Step.begins
    do {
      let connection = try connect(secret)
      try reach(.connected, &step)
      guard isTransactional else {
        try connection.producer.produce(entry)
        try connection.producer.flush(taken)
        return true
      }
      guard !connection.committed.contains(marker) else { return false }
      try transact(entry, marker, connection.producer, &step)
      return true
    } catch let fault as KafkaFault {
      throw .broken(fault, step)
    } catch let failure as Failure {
      throw .failed(failure)
    } catch {
      throw .failed(.stopped)
    }
  }

  private func transact(
    _ entry: JournalEntry, _ marker: KafkaMarker, _ producer: KafkaProducer, _ step: inout Step
  ) throws {
    try producer.begin()
    try reach(.begun, &step)
    try producer.produce(entry)
    try reach(.produced, &step)
    try producer.flush(taken)
    try reach(.flushed, &step)
    try producer.produce(marker, writer: writer)
    try producer.flush(taken)
    try reach(.marked, &step)
    try producer.commit()
    kept.connection.withLock { $0?.note(marker) }
    producer.handle.forgetErrors()
    try reach(.committed, &step)
  }

  private func reach(_ next: Step, _ step: inout Step) throws(Failure) {
    step = next
    try probe(next)
  }

  private func connect(_ secret: Secret?) throws -> Connection {
    if let known = kept.connection.withLock({ $0 }) {
      if let secret, settings.mechanism == .bearer { try known.producer.handle.sign(secret, settings.name) }
      return known
    }
    var connection = Connection(producer: try KafkaProducer(settings, writer: writer, secret), committed: [])
    if isTransactional {
      try connection.producer.initTransactions()
      connection.committed = try KafkaMarkerReader(settings, writer, secret).markers()
    }
    kept.connection.withLock { [connection] in $0 = connection }
    return connection
  }

  /// Ends the connection. An open transaction is aborted by the next one, or by the brokers after its timeout.
  func drop() {
    let old = kept.connection.withLock { connection in
      defer { connection = nil }
      return connection
    }
    // A registration that is just being sent must not meet the end of the handle: see `KafkaFault.Remedy.reopen`.
    old?.producer.handle.poll(100)
  }

  /// For `check`: the brokers answer, both topics exist, and the transactional id may be used. A name of its own stands for
  /// the id, so that a collector at work is not fenced.
  func reach(_ token: Secret? = nil) throws(Failure) {
    guard token != nil || !settings.needsToken else { throw settings.noToken }
    var secret = token
    if secret == nil { secret = try settings.loadSecret() }
    do {
      let producer = try KafkaProducer(settings, writer: "\(writer)-check", secret)
      if isTransactional { try producer.initTransactions() }
      let reader = try KafkaMarkerReader(settings, writer, secret)
      try reader.findTopics()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw (error as? KafkaFault)?.failure(settings.name) ?? .stopped
    }
  }
}
