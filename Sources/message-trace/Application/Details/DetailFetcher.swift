// After a pass: delivery events of queued messages, newest first, as far as their share of the quota goes. Nothing waits
// for them, and they wait for nothing: what cannot be had now stays queued.

internal import Collector
internal import Configuration
internal import Glibc
internal import IntakeCore
internal import Normaliser
internal import Trigger

/// What one round did.
struct DetailsTally: Sendable, Equatable {
  var messages = 0
  var events = 0
  var waiting = 0
}

/// Fetches details for one tenant.
struct DetailFetcher: Sendable {
  let configuration: TenantSettings
  let queue: DetailsQueue
  let time: TimeSource
  let log: Log

  /// In vain so often, and the message is given up.
  static let mostTries = 5

  init(_ configuration: TenantSettings, queue: DetailsQueue, time: TimeSource, log: Log) {
    self.configuration = configuration
    self.queue = queue
    self.time = time
    self.log = log
  }

  /// The round that belongs after a pass. What goes wrong in it is told and not the pass's failure: the rows are delivered.
  static func after<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, _ configuration: TenantSettings, time: TimeSource, log: Log
  ) async {
    guard !configuration.details.statuses.isEmpty, !Task.isCancelled else { return }
    do {
      let queue = try DetailsQueue(configuration.statePath)
      _ = try await DetailFetcher(configuration, queue: queue, time: time, log: log).run(&pipeline)
    } catch {
      log.failure(error, level: .warning)
    }
  }

  /// Ends when the queue is empty, the share is used up, or the interval between passes is over. A failure that concerns
  /// all messages ends the round too; the queue keeps them.
  func run<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>
  ) async throws(Failure) -> DetailsTally {
    var tally = DetailsTally()
    let started = time.now()
    let due = queue.due(started)
    guard !due.isEmpty else { return tally }
    let source = try Self.source(configuration, time: time, log: log)
    let normaliser = try Self.normaliser(configuration)
    let share = DetailsShare(
      file: "\(configuration.statePath)/details-quota", requests: configuration.details.requests(configuration.mode))
    for item in due {
      guard !Task.isCancelled, time.now() - started < configuration.schedule.every,
        try await share.take(time.now())
      else { break }
      guard let steps = try await steps(item, source) else { break }
      guard !steps.isEmpty else {
        try putBack(item)
        continue
      }
      tally.events += try await pipeline.add(Self.page(steps), by: normaliser).emitted
      tally.messages += 1
      try queue.remove(item)
    }
    tally.waiting = queue.count
    log(
      .info, "details.done", "Delivery events fetched.",
      [("messages", "\(tally.messages)"), ("events", "\(tally.events)"), ("waiting", "\(tally.waiting)")])
    return tally
  }

  /// nil: the service or the quota wants no more requests now. None: nothing is known of the message yet.
  private func steps(_ item: DetailsItem, _ source: any DetailedSearching) async throws(Failure) -> [DetailsStep]? {
    let key = DetailsKey(
      traceID: item.traceID, recipient: item.recipient, sender: item.sender, received: item.received)
    do {
      return try await source.details(key)
    } catch {
      switch error.recovery {
      case .later: return nil
      case .restartWindow, .smallerWindow: return []
      case .never:
        if error.code == .stopped { return nil }
        guard error.code == .badTraceIdentifier else { throw error }
        return []
      }
    }
  }

  /// For 5, 10, 20, 40 minutes; then it is given up.
  private func putBack(_ item: DetailsItem) throws(Failure) {
    var item = item
    item.tries += 1
    guard item.tries < Self.mostTries else {
      log(.info, "details.none", "The service has no delivery events for a message; it is given up.")
      return try queue.remove(item)
    }
    item.after = time.now() + .seconds(300) * (1 << (item.tries - 1))
    _ = try queue.put([item])
  }

  private static func page(_ steps: [DetailsStep]) -> Page {
    var page = Page(bytes: [], rows: [])
    for step in steps {
      let start = page.bytes.count
      page.bytes += step.eventJSON
      page.rows.append(start..<page.bytes.count)
    }
    return page
  }

  private static func normaliser(_ configuration: TenantSettings) throws(Failure) -> RowNormaliser {
    var settings = configuration.mapping.settings
    settings.provider = configuration.mode.rawValue
    return try RowNormaliser(
      mapping: try MappingCatalog.mapping("\(configuration.mode.rawValue)-detail"), settings: settings)
  }

  /// A source that would rather give up than wait: where the common quota is used up, or the service asks for patience.
  private static func source(
    _ configuration: TenantSettings, time: TimeSource, log: Log
  ) throws(Failure) -> any DetailedSearching {
    let impatient = TimeSource(
      now: time.now,
      sleep: { duration async throws(CancellationError) in
        guard duration <= .seconds(5) else { throw CancellationError() }
        try await time.sleep(duration)
      })
    switch try AnySource(configuration, time: impatient, log: log) {
    case .graph(let source): return source
    case .reporting(let source): return source
    }
  }
}
