// Events into a Kafka topic, exactly once: a journal entry is a transaction, and a marker in it tells later whether it
// went through.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `kafka://`.
///
/// A commit whose answer is lost, a kill and a lost checkpoint leave the same question: is this batch in the topic? The
/// answer is read when the sink connects, after its transactional id was registered: from then on no earlier producer can
/// commit, and what one left open is decided. The marker is sent when the brokers have every event of its batch.
final class KafkaSink: Sink {
  let name: String
  private let settings: KafkaSettings
  private let link: KafkaLink
  private let log: Log
  private let time: TimeSource
  private let token: (@Sendable () async throws(Failure) -> Secret)?
  private let taken = GrowingCount()

  var bytesTaken: Int { taken.value }

  /// Attempts before the batch is given back.
  private static let attempts = 6

  /// - Parameters:
  ///   - owner: the tenant and the place of its state, of which the transactional id is made.
  ///   - token: the bearer token of sasl=oauthbearer where no file or variable holds it; asked for with every batch.
  ///   - receiver: shared by all sinks of one spec, one after the other.
  ///   - probe: called behind each step; what it throws ends the delivery as a kill would.
  init(
    _ settings: KafkaSettings, owner: String, log: Log, time: TimeSource,
    token: (@Sendable () async throws(Failure) -> Secret)? = nil, receiver: KafkaLink.Kept = KafkaLink.Kept(),
    probe: @escaping @Sendable (KafkaLink.Step) throws(Failure) -> Void = { _ in }
  ) {
    name = settings.name
    self.settings = settings
    self.log = log
    self.time = time
    self.token = token
    link = KafkaLink(settings, writer: settings.writer(of: owner), kept: receiver, taken: taken, probe: probe)
  }

  /// The brokers may be down: that holds back only this sink, so nothing is connected here.
  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    _ = try KafkaLibrary.loaded(for: name)
    _ = try settings.loadSecret()
    if settings.needsToken, token == nil { throw settings.noToken }
    if settings.transactions == .no {
      log(.warning, "sink.kafka.transactions", "transactions=no: a batch in doubt may repeat.", [("sink", name)])
    }
    return SinkPosition(sequence: position?.sequence ?? 0)
  }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let marker = KafkaMarker(entry, in: settings.topic)
    let secret = try await credential()
    var failures = 0
    while true {
      do throws(KafkaLink.Setback) {
        if try !link.deliver(entry, marker, secret) {
          log(
            .info, "sink.kafka.known", "The batch is in the topic already.",
            [("sink", name), ("sequence", "\(marker.sequence)")])
        }
        return SinkPosition(sequence: entry.sequence)
      } catch {
        failures += 1
        try recover(from: error, failures)
        log(
          .debug, "sink.retry", "Sending the batch again.",
          [("sink", name), ("because", error.fault?.name ?? ""), ("sequence", "\(marker.sequence)")])
        try await backOff(failures)
      }
    }
  }

  /// The connection stays for the next pass, so that it can be fenced; it ends with the last sink of the spec.
  func close() async {}

  private func credential() async throws(Failure) -> Secret? {
    guard settings.needsToken else { return try settings.loadSecret() }
    guard let token else { throw settings.noToken }
    return try await token()
  }

  /// Returns if another attempt may help.
  private func recover(from setback: KafkaLink.Setback, _ failures: Int) throws(Failure) {
    switch setback {
    case .failed(let failure):
      link.drop()
      throw failure
    case .broken(let fault, let step):
      link.drop()
      guard fault != .cancelled else { throw .stopped }
      let mayHelp = fault.remedy != .fenced && fault.remedy != .refused && step >= .connected
      guard mayHelp, failures < Self.attempts else { throw fault.failure(name) }
    }
  }

  /// 100 ms, doubled each time, and a quarter of chance either way.
  private func backOff(_ failures: Int) async throws(Failure) {
    let base = 100 << min(failures - 1, 6)
    do {
      try await time.sleep(.milliseconds(Int.random(in: (base * 3 / 4)...(base * 5 / 4))))
    } catch {
      throw .stopped
    }
  }
}
