// `query`: search message traces, as Get-MessageTrace does.

internal import Collector
internal import IntakeCore
internal import Normaliser
internal import Trigger

struct QueryCommand {
  let job: Job

  func run() async throws(Failure) -> ExitCode {
    let service = try QueryService(job)
    let request = try QueryRequest(job, now: service.time.now(), source: service.source)
    let normaliser = request.format == .ndjson ? try service.normaliser(details: false) : nil
    let search = QuerySearch(
      source: service.source, filter: request.filter, start: request.start, end: request.end, most: request.most)
    let result: QueryResult = try await StopSignals.guarding { () async throws(Failure) -> QueryResult in
      try await search.run()
    }.get()
    let rows = Array(result.rows.dropFirst(request.skipped))
    try write(rows, request.format, normaliser, service)
    tell(result, rows.count, request)
    return .done
  }

  private func write(
    _ rows: [QueryRow], _ format: QueryRequest.Format, _ normaliser: Normaliser?, _ service: QueryService
  ) throws(Failure) {
    switch format {
    case .table: try job.terminal.output(QueryTable(columns: QueryTable.terminalColumns()).text(rows))
    case .csv: try job.terminal.output(QueryOutput.csv(rows))
    case .raw: try job.terminal.output(QueryOutput.raw(rows.lazy.map(\.json)))
    case .ndjson:
      guard let normaliser else { return }
      for start in stride(from: 0, to: rows.count, by: 5_000) {
        let part = rows[start..<min(rows.count, start + 5_000)]
        try job.terminal.output(
          QueryOutput.events(part.lazy.map(\.json), normaliser, created: service.time.now()))
      }
    }
  }

  private func tell(_ result: QueryResult, _ count: Int, _ request: QueryRequest) {
    let terminal = job.terminal
    if result.unreadable > 0 { terminal.say("\(result.unreadable) rows could not be read and are left out.") }
    if result.hasMore { terminal.say("There are more rows: raise --result-size, or ask for the next --page.") }
    guard request.format == .table, terminal.isPerson || count == 0 else { return }
    terminal.say(
      "\(count == 0 ? "No row matches" : count == 1 ? "1 row" : "\(count) rows") from \(Timestamp.text(request.start)) to \(Timestamp.text(request.end))."
    )
    if count > 0, QueryTable(columns: QueryTable.terminalColumns()).lacksTraceIDs {
      terminal.say("A wider terminal shows the message trace ids, and so does --format csv.")
    }
  }
}
