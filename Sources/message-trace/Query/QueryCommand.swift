// `query`: search message traces, as Get-MessageTrace does.

internal import Collector
internal import Configuration
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
      .messageTraceID, .fromIP, .toIP, .resultSize, .page, .pageSize, .format, .wide, .columns, .timeZone, .playbook,
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
      terminal: context.terminal, format: request.format, table: request.table, normaliser: normaliser,
      time: service.time)
    let streams = request.format != .table && search.canStream
    let (result, count, newest) = try await StopSignals.guarding {
      () async throws(Failure) -> (QueryResult, Int, QueryRow?) in
      var count = 0
      var newest: QueryRow?
      let write = { (rows: [QueryRow]) throws(Failure) in
        try writer.write(rows, isFirst: count == 0)
        count += rows.count
        newest = newest ?? rows.first
      }
      let result = streams ? try await search.stream(write) : try await search.run()
      try write(Array(result.rows.dropFirst(request.skipped)))
      try writer.end(isEmpty: count == 0)
      return (result, count, newest)
    }.mapError(QuerySession.ended).get()
    report(result, count, newest, request)
    return .done
  }

  private func report(_ result: QueryResult, _ count: Int, _ newest: QueryRow?, _ request: QueryRequest) {
    let terminal = context.terminal
    if result.unreadable > 0 { terminal.say("\(result.unreadable) rows could not be read and were skipped.") }
    if result.hasMore { terminal.say("More rows are available: raise --result-size or request the next --page.") }
    guard count == 0 || request.format == .table && terminal.isInteractive else { return }
    terminal.say(
      "\(count == 0 ? "No row matches" : count == 1 ? "1 row" : "\(count) rows") from \(Timestamp.text(request.start)) to \(Timestamp.text(request.end))."
    )
    if count == 0, let unsearched = request.unsearched { terminal.say(unsearched) }
    guard let newest, request.table.lacksTraceIDs else { return }
    terminal.say("Trace ids of all rows: --wide. What happened to the first one:\n  \(detailsCall(newest))")
  }

  /// The call for what happened to a row, with what this call said about service and sign-in.
  private func detailsCall(_ row: QueryRow) -> String {
    let playbook = context.invocation.options[.playbook].map { " --playbook \(Self.quoted($0))" } ?? ""
    let mode = context.invocation.layer[.mode]?.last.map { " --mode \(Self.quoted($0))" } ?? ""
    return "message-trace details \(Self.quoted(row.traceID)) \(Self.quoted(row.recipient))\(playbook)\(mode)"
  }

  /// One word of a shell.
  private static func quoted(_ text: String) -> String {
    let plain = Array("@._-/:+".utf8)
    let isPlain = text.utf8.allSatisfy { byte in
      byte &- 0x30 <= 9 || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || plain.contains(byte)
    }
    let visible = TerminalText.visible(text)
    return isPlain && !text.isEmpty ? text : "'\(visible.replacing("'", with: "'\\''"))'"
  }
}

/// Writes rows in one format, at once or in parts.
private struct QueryWriter: Sendable {
  let terminal: Terminal
  let format: QueryRequest.Format
  let table: QueryTable
  let normaliser: RowNormaliser?
  let time: TimeSource

  /// - Parameter isFirst: true if nothing was written before.
  func write(_ rows: [QueryRow], isFirst: Bool) throws(Failure) {
    if format == .csv, isFirst { try terminal.output(QueryOutput.csvHeader) }
    if format == .excel, isFirst { try terminal.output(QueryOutput.excelHeader) }
    if format == .table { return try terminal.output(table.text(rows)) }
    for start in stride(from: 0, to: rows.count, by: 5_000) {
      let part = rows[start..<min(rows.count, start + 5_000)]
      switch format {
      case .table: break
      case .csv: try terminal.output(QueryOutput.csv(part))
      case .excel: try terminal.output(QueryOutput.csv(part, lineEnd: "\r\n"))
      case .json: try terminal.output(QueryOutput.json(part, isFirst: isFirst && start == 0))
      case .raw: try terminal.output(QueryOutput.raw(part.lazy.map(\.json)))
      case .ndjson:
        guard let normaliser else { continue }
        try terminal.output(QueryOutput.events(part.lazy.map(\.json), normaliser, created: time.now()))
      }
    }
  }

  /// Call this after the last row.
  func end(isEmpty: Bool) throws(Failure) {
    if format == .json { try terminal.output(isEmpty ? "[]\n" : "\n]\n") }
  }
}
