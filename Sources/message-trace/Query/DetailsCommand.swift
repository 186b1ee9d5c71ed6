// `details`: the delivery events of one message to one recipient.

internal import Collector
internal import IntakeCore

struct DetailsCommand: RunnableCommand {
  static let descriptor = Command(
    name: "details",
    summary: "delivery events of one message to one recipient",
    usage: "details TRACE-ID RECIPIENT [OPTION]...",
    details: QueryHelp.details,
    examples: QueryHelp.detailsExamples,
    settings: QuerySession.settings,
    options: [.startDate, .endDate, .senderAddress, .format, .timeZone, .playbook],
    formats: Format.allCases.map(\.rawValue),
    operands: Operands(count: 2...2),
    implementation: Self.self)

  let context: CommandContext

  enum Format: String, CaseIterable { case timeline, ndjson, raw }

  func run() async throws(Failure) -> ExitCode {
    let operands = context.invocation.operands
    guard operands.count == 2 else { throw Self.descriptor.wrongCount(operands) }
    try Self.check(traceID: operands[0], recipient: operands[1])
    let options = QueryArguments(context: context)
    let format = try options.choice(.format, Format.allCases) ?? .timeline
    let key = DetailsKey(traceID: try QueryArguments.traceID(operands[0]), recipient: operands[1])
    let service = try QuerySession(context)
    let zone = try options.zone()
    let (start, end, _) = try options.span(
      now: service.time.now(), source: service.source, usual: .seconds(10 * 86_400 - 60), zone: zone)
    let normaliser = format == .ndjson ? try service.normaliser(details: true) : nil
    let found: (QueryRow?, [DetailsStep]) = try await StopSignals.guarding {
      () async throws(Failure) -> (QueryRow?, [DetailsStep]) in
      try await Self.read(key, service, (start, end), wantsRow: format != .raw)
    }.mapError(QuerySession.ended).get()
    let (row, steps) = (found.0, found.1.sorted { ($0.at ?? .latest) < ($1.at ?? .latest) })
    guard !steps.isEmpty else { throw Self.nothing(knowsRow: row != nil) }
    switch format {
    case .timeline: try context.terminal.output(DetailsTimeline(key: key, row: row, zone: zone).text(steps))
    case .raw: try context.terminal.output(QueryOutput.raw(steps.lazy.map(\.json)))
    case .ndjson:
      guard let normaliser else { break }
      try context.terminal.output(
        QueryOutput.events(steps.lazy.map(\.json), normaliser, created: service.time.now()))
    }
    return .done
  }

  /// Refuses operands that are another thing than their place says.
  private static func check(traceID: String, recipient: String) throws(Failure) {
    if traceID.contains("@"), (try? QueryArguments.traceID(recipient)) != nil {
      throw Invocation.usage(
        "the recipient stands before the message trace id.",
        help: "Swap them: message-trace details \(Log.clean(recipient, limit: 60)) \(Log.clean(traceID, limit: 200))")
    }
    if traceID.contains("@") {
      throw Invocation.usage(
        "\(Log.clean(traceID, limit: 200)) is no message trace id; a Message-ID is another one.",
        help: "Find the trace id with message-trace query --message-id '\(Log.clean(traceID, limit: 200))'")
    }
    // Neither an SMTP address nor one of an X.500 directory.
    guard recipient.contains("@") || recipient.contains("=") || recipient.contains(":") else {
      throw Invocation.usage(
        "the recipient \(Log.clean(recipient, limit: 60)) is not an address.",
        help: "Copy it whole from `message-trace query`, such as user2@contoso.com.")
    }
  }

  /// Reads the message's row first where it is needed: the legacy service requires sender and time, the timeline a header,
  /// and an event the sender.
  private static func read(
    _ key: DetailsKey, _ service: QuerySession, _ span: (Instant, Instant), wantsRow: Bool
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
        ? "Reading delivery events: the service has the message but no events for it yet."
        : "Reading delivery events: no message with this trace id and recipient was found.",
      hint: knowsRow
        ? "Try again in a few minutes; events appear after the row."
        : "Copy both from `message-trace query`; for older mail set --start-date.")
  }
}
