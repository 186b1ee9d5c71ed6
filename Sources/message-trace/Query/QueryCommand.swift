// `query`: search message traces, as Get-MessageTrace does.

internal import Collector
internal import IntakeCore
internal import Normaliser

struct QueryCommand: RunnableCommand {
  static let descriptor = Command(
    name: "query",
    summary: "search traces, as Get-MessageTrace does",
    usage: "query [OPTION]...",
    details: QueryHelp.query,
    examples: QueryHelp.queryExamples,
    settings: QuerySession.settings,
    options: [
      .startDate, .endDate, .senderAddress, .recipientAddress, .status, .subject, .subjectFilterType, .messageID,
      .messageTraceID, .fromIP, .toIP, .resultSize, .page, .pageSize, .format, .playbook,
    ],
    formats: QueryRequest.Format.allCases.map(\.rawValue),
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    let service = try QuerySession(context)
    let request = try QueryRequest(context, now: service.time.now(), source: service.source)
    let normaliser = request.format == .ndjson ? try service.normaliser(details: false) : nil
    let search = QuerySearch(
      source: service.source, filter: request.filter, start: request.start, end: request.end, most: request.most)
    let writer = QueryWriter(
      terminal: context.terminal, format: request.format, normaliser: normaliser, time: service.time)
    let streams = request.format != .table && search.canStream
    let (result, count) = try await StopSignals.guarding { () async throws(Failure) -> (QueryResult, Int) in
      var count = 0
      let write = { (rows: [QueryRow]) throws(Failure) in
        try writer.write(rows, isFirst: count == 0)
        count += rows.count
      }
      let result = streams ? try await search.stream(write) : try await search.run()
      try write(Array(result.rows.dropFirst(request.skipped)))
      return (result, count)
    }.get()
    report(result, count, request)
    return .done
  }

  private func report(_ result: QueryResult, _ count: Int, _ request: QueryRequest) {
    let terminal = context.terminal
    if result.unreadable > 0 { terminal.say("\(result.unreadable) rows could not be read and were skipped.") }
    if result.hasMore { terminal.say("More rows are available: raise --result-size or request the next --page.") }
    guard request.format == .table, terminal.isInteractive || count == 0 else { return }
    terminal.say(
      "\(count == 0 ? "No row matches" : count == 1 ? "1 row" : "\(count) rows") from \(Timestamp.text(request.start)) to \(Timestamp.text(request.end))."
    )
    if count > 0, QueryTable(columns: QueryTable.terminalColumns()).lacksTraceIDs {
      terminal.say("Widen the terminal or use --format csv to see trace ids.")
    }
  }
}

/// Writes rows in one format, at once or in parts.
private struct QueryWriter: Sendable {
  let terminal: Terminal
  let format: QueryRequest.Format
  let normaliser: RowNormaliser?
  let time: TimeSource

  /// - Parameter isFirst: true if nothing was written before.
  func write(_ rows: [QueryRow], isFirst: Bool) throws(Failure) {
    if format == .csv, isFirst { try terminal.output(QueryOutput.csvHeader) }
    if format == .table { return try terminal.output(QueryTable(columns: QueryTable.terminalColumns()).text(rows)) }
    for start in stride(from: 0, to: rows.count, by: 5_000) {
      let part = rows[start..<min(rows.count, start + 5_000)]
      switch format {
      case .table: break
      case .csv: try terminal.output(QueryOutput.csv(part))
      case .raw: try terminal.output(QueryOutput.raw(part.lazy.map(\.json)))
      case .ndjson:
        guard let normaliser else { continue }
        try terminal.output(QueryOutput.events(part.lazy.map(\.json), normaliser, created: time.now()))
      }
    }
  }
}
