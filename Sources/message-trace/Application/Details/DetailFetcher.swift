// After a pass: delivery events of queued messages, newest first, within their share of the quota. Nothing waits for them,
// and they wait for nothing: a message that cannot be fetched now stays queued.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import HTTPTransport
internal import IntakeCore
internal import Normaliser
internal import Trigger

/// The result of one round.
struct DetailsTally: Sendable, Equatable {
  var messages = 0
  var events = 0
  var waiting = 0
  /// Messages whose events have not come in a day.
  var givenUp = 0
}

/// Fetches details for one tenant.
struct DetailFetcher: Sendable {
  let settings: TenantSettings
  let queue: DetailsQueue
  let time: TimeSource
  let log: Log

  /// A request that would have to wait longer than this ends the round; what is left stays queued.
  static let longestWait: Duration = .seconds(5)
  /// From each attempt without an answer to the next: 15 minutes, 1, 4, 12 and 24 hours after the first one. When the last
  /// has no answer either, the message is given up.
  static let pauses: [Duration] = [900, 2_700, 10_800, 28_800, 43_200].map { .seconds($0) }

  init(_ settings: TenantSettings, queue: DetailsQueue, time: TimeSource, log: Log) {
    self.settings = settings
    self.queue = queue
    self.time = time
    self.log = log
  }

  /// Fetches until the queue is empty, the share is used up or the interval between passes is over. A failure that
  /// concerns all messages ends it too; the queue keeps them.
  /// - Parameter source: that of the pass, with its token and connection.
  func run<Input, Mapping, State>(
    _ pipeline: inout Pipeline<Input, Mapping, State>, from source: AnySource
  ) async throws(Failure) -> DetailsTally {
    var tally = DetailsTally()
    let started = time.now()
    let due = queue.due(started)
    guard !due.isEmpty else { return tally }
    source.limitWaits(to: Self.longestWait)
    defer { source.limitWaits(to: nil) }
    let normaliser = try Self.normaliser(settings)
    // Requests for delivery events are counted apart, beside the count of all requests.
    let share = Quota(
      places: QuotaPlaces(documents: settings.statePlace.documents, name: DocumentName.detailsQuota),
      limit: settings.mode.service.quota.share(percent: settings.details.share))
    for item in due {
      guard !Task.isCancelled, time.now() - started < settings.schedule.every,
        try await share.take(time.now()) == nil
      else { break }
      guard let steps = try await steps(item, source.searchable) else { break }
      guard !steps.isEmpty else {
        try putBack(item)
        continue
      }
      tally.events += try await pipeline.add(Self.page(steps), by: normaliser).emitted
      tally.messages += 1
      try queue.remove(item)
    }
    (tally.waiting, tally.givenUp) = (queue.count, queue.givenUp)
    log(
      .info, "details.done", "Delivery events fetched.",
      [
        ("messages", "\(tally.messages)"), ("events", "\(tally.events)"), ("waiting", "\(tally.waiting)"),
        ("given_up", "\(tally.givenUp)"),
      ])
    return tally
  }

  /// nil: throttled or out of quota. Empty: the service has no events of the message yet.
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
        if error.code == .stopped || error.code == .waitTooLong { return nil }
        guard error.code == .badTraceIdentifier else { throw error }
        return []
      }
    }
  }

  private func putBack(_ item: DetailsItem) throws(Failure) {
    var item = item
    item.tries += 1
    guard item.tries <= Self.pauses.count else {
      log(
        .warning, "details.given_up", "No delivery events for a message in a day; they are not collected.",
        [("trace", item.traceID), ("received", Timestamp.text(item.received))])
      return try queue.giveUp(item)
    }
    item.after = time.now() + Self.pauses[item.tries - 1]
    _ = try queue.put([item])
  }

  private static func page(_ steps: [DetailsStep]) -> Page {
    var page = Page(bytes: [], rows: [])
    for step in steps {
      let start = page.bytes.count
      page.bytes += step.json
      page.rows.append(start..<page.bytes.count)
    }
    return page
  }

  private static func normaliser(_ settings: TenantSettings) throws(Failure) -> RowNormaliser {
    try settings.mapping.normaliser(shape: "\(settings.mode.rawValue)-detail", provider: settings.mode.rawValue)
  }
}
