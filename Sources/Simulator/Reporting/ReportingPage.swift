// Pages of the two reports: rows by their number in the query over live data, newest first.

internal import IntakeCore

/// `MessageTrace` and `MessageTraceDetail`.
struct ReportingPage {
  let simulation: Simulation
  let faults: PageFaults
  let query: ReportingQuery
  let shape: ReportingShape

  func body(_ request: HTTPRequest, _ parameters: Parameters, details: Bool) -> [UInt8] {
    let first = (query.skipToken ?? -1) + 1
    let size = query.top ?? simulation.settings.reportingPageSize
    let source = details ? detailRows(from: first, count: size + 1) : traceRows(from: first, count: size + 1)
    let more = source.count > size
    let report = details ? "MessageTraceDetail" : "MessageTrace"
    let bare = shape == .verbose && query.top != nil
    // A bare page has no next link: an empty one would be the last.
    let rows = faults.emptyPage && !bare ? [] : source.prefix(size).map(select)
    let writer = ReportingWriter(shape: shape, report: report)
    let next = nextToken(first: first, count: min(source.count, size), more: more && query.top == nil)
    return writer.page(
      rows, firstIndex: first, bare: bare, next: next.map { link(request, parameters, report, token: $0) })
  }

  private func nextToken(first: Int, count: Int, more: Bool) -> Int? {
    if faults.emptyPage || faults.repeatedLink { return first - 1 }
    guard more else { return nil }
    return first + count - (faults.duplicateRow ? 2 : 1)
  }

  /// Relative in light JSON, absolute elsewhere. A window that was not asked for is written into it.
  private func link(_ request: HTTPRequest, _ parameters: Parameters, _ report: String, token: Int) -> String {
    var pairs = parameters.raw(without: "$skiptoken")
    if query.isDefaultWindow {
      let window =
        "StartDate eq datetime'\(Timestamp.exactText(query.start))' and EndDate eq datetime'\(Timestamp.exactText(query.end))'"
      let filter = [parameters["$filter"], window].compactMap { $0?.isEmpty == false ? $0 : nil }
      pairs = parameters.raw(without: "$skiptoken", "$filter")
      pairs.insert("$filter=\(PercentEncoding.encode(filter.joined(separator: " and ")))", at: 0)
    }
    let tail = "\(report)?\(pairs.joined(separator: "&"))&$skiptoken=\(token)"
    if let foreign = faults.foreignOrigin { return "\(foreign)\(ReportingEndpoint.root)/\(tail)" }
    guard shape != .light else { return "../../reportingwebservice/reporting.svc/\(tail)" }
    return "http://\(request.header("host") ?? "localhost")\(ReportingEndpoint.root)/\(tail)"
  }

  private func select(_ row: ReportingRow) -> ReportingRow {
    guard let columns = query.columns else { return row }
    return row.filter { columns.contains($0.name.lowercased()) }
  }

  private func traceRows(from first: Int, count: Int) -> [ReportingRow] {
    let now = simulation.now
    var rows: [ReportingRow] = []
    var walk = walk(now)
    var passed = 0
    if query.filter.isEmpty {
      walk.skip(first)
      passed = first
    }
    while rows.count < count, let (row, status) = next(&walk, now) {
      if passed >= first { rows.append(columns(row, status, index: passed)) }
      passed += 1
    }
    return rows
  }

  private func detailRows(from first: Int, count: Int) -> [ReportingRow] {
    let now = simulation.now
    var rows: [ReportingRow] = []
    var walk = walk(now)
    while rows.count < first + count, let (row, _) = next(&walk, now) {
      for event in DeliveryEvent.events(of: row, now: now) { rows.append(columns(row, event, index: rows.count)) }
    }
    return Array(rows.dropFirst(first).prefix(count))
  }

  private func walk(_ now: Instant) -> RowWalk {
    let range = simulation.tenant.messages(from: query.start, through: query.end)
    return RowWalk(simulation.tenant, range, ascending: query.ascending, now: now)
  }

  private func next(_ walk: inout RowWalk, _ now: Instant) -> (SimulatedRow, SimulatedStatus)? {
    let tenant = simulation.tenant
    while let place = walk.next() {
      if let wanted = query.filter.traceID {
        let words = tenant.traceWords(place.message)
        guard SimulatedTenant.guid(words.0, words.1) == wanted else { continue }
      }
      let row = tenant.row(tenant.message(place.message), place.recipient)
      guard let status = row.status(at: now) else { continue }
      var filter = query.filter
      filter.traceID = nil
      if filter.isEmpty || filter.passes(row, status, fromIP: Self.fromIP(row)) { return (row, status) }
    }
    return nil
  }

  /// What the service itself sent has no source here.
  private static func fromIP(_ row: SimulatedRow) -> String? {
    row.message.kind == .bounce ? nil : row.message.fromIP
  }

  private func columns(_ row: SimulatedRow, _ status: SimulatedStatus, index: Int) -> ReportingRow {
    let message = row.message
    let odd = faults.unknownStatus && index == (query.skipToken ?? -1) + 1
    var columns: ReportingRow = [
      ("Organization", .text(simulation.tenant.name)), ("MessageId", .text(message.messageID)),
      ("Received", .time(message.received, zoned: faults.otherTimeSpelling)), ("SenderAddress", .text(message.sender)),
      ("RecipientAddress", .text(row.recipient.lowercased())), ("Subject", .text(message.subject)),
      ("Status", .text(odd ? "HeldForReview" : status.pascal)), ("ToIP", .text(row.toIP)),
      ("FromIP", .text(Self.fromIP(row))), ("Size", .number(row.size)), ("MessageTraceId", .guid(message.traceID)),
    ]
    columns += tail(index)
    if faults.unknownProperty { columns.append(("Verdict", .text("level 3"))) }
    return columns
  }

  private func columns(_ row: SimulatedRow, _ event: DeliveryEvent, index: Int) -> ReportingRow {
    let columns: ReportingRow = [
      ("Organization", .text(simulation.tenant.name)), ("MessageId", .text(row.message.messageID)),
      ("MessageTraceId", .guid(row.message.traceID)), ("Date", .time(event.at, zoned: false)),
      ("Event", .text(event.event)), ("Action", .text(event.action.isEmpty ? nil : event.action)),
      ("Detail", .text(event.description)), ("Data", .text(event.data)), ("SenderAddress", .text(row.message.sender)),
      ("RecipientAddress", .text(row.recipient.lowercased())),
    ]
    return columns + tail(index)
  }

  private func tail(_ index: Int) -> ReportingRow {
    [
      ("StartDate", .time(query.start, zoned: true)), ("EndDate", .time(query.end, zoned: true)),
      ("Index", .number(index)),
    ]
  }
}
