// `details`: the delivery events of one message to one recipient.

internal import Collector
internal import IntakeCore
internal import Trigger

struct DetailsCommand {
  let job: Job

  enum Format: String, CaseIterable { case timeline, ndjson, raw }

  func run() async throws(Failure) -> ExitCode {
    let operands = job.invocation.operands
    guard operands.count == 2, !operands[1].isEmpty else {
      throw Invocation.usage("The call is: message-trace \(Command.details.usage).", help: "message-trace help details")
    }
    let options = QueryReader(job: job)
    let format = try options.choice(.format, Format.allCases) ?? .timeline
    let key = DetailsKey(traceID: try QueryReader.traceID(operands[0]), recipient: operands[1])
    let service = try QueryService(job)
    let span = try options.span(
      now: service.time.now(), source: service.source, usual: .seconds(10 * 86_400 - 60))
    let normaliser = format == .ndjson ? try service.normaliser(details: true) : nil
    let found: (QueryRow?, [DetailsStep]) = try await StopSignals.guarding {
      () async throws(Failure) -> (QueryRow?, [DetailsStep]) in
      try await Self.read(key, service, span, wantsRow: format == .timeline)
    }.get()
    let (row, steps) = (found.0, found.1.sorted { ($0.at ?? .latest) < ($1.at ?? .latest) })
    guard !steps.isEmpty else { throw Self.nothing(knowsRow: row != nil) }
    switch format {
    case .timeline: try job.terminal.output(DetailsTimeline(key: key, row: row).text(steps))
    case .raw: try job.terminal.output(QueryOutput.raw(steps.lazy.map(\.json)))
    case .ndjson:
      guard let normaliser else { break }
      try job.terminal.output(
        QueryOutput.events(steps.lazy.map(\.eventJSON), normaliser, created: service.time.now()))
    }
    return .done
  }

  /// The row behind the message tells sender and time, which the legacy service wants, and a head for the time line.
  private static func read(
    _ key: DetailsKey, _ service: QueryService, _ span: (Instant, Instant), wantsRow: Bool
  ) async throws(Failure) -> (QueryRow?, [DetailsStep]) {
    var key = key
    var row: QueryRow?
    if wantsRow || service.source.detailsNeedRow {
      row = try await service.source.row(key, from: span.0, to: span.1)
      guard row != nil || !service.source.detailsNeedRow else { return (nil, []) }
    }
    if let row {
      key.sender = row.sender
      key.received = row.received
    }
    return (row, try await service.source.details(key))
  }

  private static func nothing(knowsRow: Bool) -> Failure {
    Failure(
      "details.none", exit: .noInput,
      knowsRow
        ? "Reading delivery events: the message is known, but the service has no events for it yet."
        : "Reading delivery events: the service knows no message of this trace id to this recipient.",
      hint: knowsRow
        ? "Events come some minutes after the row; try again later."
        : "Take both as `message-trace query` shows them; for older mail give --start-date.")
  }
}
