// Sending refused events again: the other end of the dead letters.

internal import Checkpoint
internal import IntakeCore
internal import Sinks
internal import Synchronization

/// Sends the events in `rejected.ndjson` to the sinks that refused them, and removes those that are taken now.
struct Resending: Sendable {
  struct Outcome: Sendable {
    var taken = 0
    var refused = 0
    /// Events of sinks that are not configured.
    var left = 0
    var failure: Failure?
  }

  /// Events of one batch.
  var most = 5_000

  let settings: TenantSettings
  let time: TimeSource
  let log: Log

  init(_ settings: TenantSettings, time: TimeSource, log: Log) {
    self.settings = settings
    self.time = time
    self.log = log
  }

  /// Holds the state meanwhile. An event is removed only after its sink has acknowledged it: noted with its batch, so that
  /// a crash repeats one batch at most, and removed from the file at the end, so that the work grows with the events.
  func run() async throws(Failure) -> Outcome {
    let state = try settings.statePlace.open(tenant: settings.tenant, log: log)
    let renewal = state.lease.map { LeaseRenewal($0, log: log) }
    defer {
      renewal?.stop()
      state.close()
    }
    let file = settings.statePlace.rejected
    try file.settle()
    var letters: [String: [DeadLetter]] = [:]
    try file.eachLine { letters[$0.letter.sink, default: []].append($0.letter) }
    var outcome = Outcome()
    for spec in settings.sinks {
      guard let own = letters.removeValue(forKey: spec.name) else { continue }
      do throws(Failure) {
        try await send(own, to: spec, file, &outcome)
      } catch {
        outcome.failure = error
      }
    }
    do throws(Failure) { try file.settle() } catch { outcome.failure = outcome.failure ?? error }
    outcome.left = letters.values.reduce(0) { $0 + $1.count }
    return outcome
  }

  private func send(
    _ letters: [DeadLetter], to spec: SinkSpec, _ file: any RejectedEvents, _ outcome: inout Outcome
  ) async throws(Failure) {
    let again = RefusedAgain()
    let context = try Assembly(settings, time: time, log: log).sinkContext(deadLetters: again)
    let sink = try spec.makeSink(context)
    let position = try await sink.open(at: nil)
    var rest = letters[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(most))
      rest = rest.dropFirst(part.count)
      do throws(Failure) {
        _ = try await sink.deliver(Self.entry(part), from: position)
      } catch {
        await sink.close()
        throw error
      }
      let refused = again.identities
      let taken = Set(part.map(\.identity)).subtracting(refused)
      try file.noteTaken(part.map(\.identity).filter(taken.contains), by: spec.name)
      outcome.taken += taken.count
    }
    outcome.refused += again.identities.count
    await sink.close()
  }

  private static func entry(_ letters: [DeadLetter]) -> JournalEntry {
    var entry = JournalEntry(sequence: 0, bytes: [], entries: [], cursors: [:])
    for letter in letters {
      entry.bytes.append(contentsOf: letter.event)
      entry.bytes.append(0x0A)
      entry.entries.append(
        Batch.Entry(identity: letter.identity, received: letter.received, end: entry.bytes.count))
    }
    return entry
  }
}

/// What is refused a second time: it is in the file already.
private final class RefusedAgain: DeadLetters {
  private let refused = Mutex<Set<Identity>>([])

  var identities: Set<Identity> { refused.withLock { $0 } }

  func keep(_ letters: [DeadLetter], at now: Instant) throws(Failure) {
    refused.withLock { $0.formUnion(letters.map(\.identity)) }
  }
}
