// Pages of message traces as Graph gives them: one row per message and recipient, newest first.

internal import IntakeCore

/// `admin/exchange/tracing/messageTraces`
struct GraphList {
  let simulation: Simulation
  let faults: PageFaults
  /// `v1.0`, or `beta` with its type annotations and capitals.
  let version: String

  func body(_ request: HTTPRequest) throws(GraphError) -> [UInt8] {
    let settings = simulation.settings
    let now = simulation.now
    let parameters = request.parameters
    var query = try GraphQuery(parameters, now: now, tooOldStatus: settings.tooOldStatus)
    let fixed = "\(version)\n\(parameters["$filter"] ?? "")\n\(query.top)"
    if let text = parameters["$skiptoken"] {
      guard let token = SimulatedSkipToken(text, by: simulation.tokens, query: fixed) else {
        throw .badRequest("The skip token is not valid.")
      }
      (query.start, query.end, query.position) = (token.start, token.end, token.position)
    }
    var output = ODataBytes(capacity: 450 * min(query.top, 5_000) + 512)
    output.raw("{")
    if version == "v1.0" {
      output.raw(
        #""@odata.context":"https://graph.microsoft.com/v1.0/$metadata#admin/exchange/tracing/messageTraces","#)
    }
    output.raw(#""value":["#)
    let recalled = request.header("prefer")?.lowercased().contains("include-unknown-enum-members") == true
    let next = writeRows(query, now: now, knowsRecalled: recalled, to: &output)
    output.raw("]")
    if let next {
      let token = SimulatedSkipToken(start: query.start, end: query.end, position: next)
      let link = link(request, token.sealed(by: simulation.tokens, query: fixed))
      output.member("@odata.nextLink", link)
    }
    output.raw("}")
    return output.bytes
  }

  private func link(_ request: HTTPRequest, _ token: String) -> String {
    let origin = faults.foreignOrigin ?? "http://\(request.header("host") ?? "localhost")"
    let pairs = request.parameters.raw(without: "$skiptoken") + ["$skiptoken=\(token)"]
    return "\(origin)\(request.rawPath)?\(pairs.joined(separator: "&"))"
  }

  /// The place of the next page; nil behind the last row.
  private func writeRows(
    _ query: GraphQuery, now: Instant, knowsRecalled: Bool, to output: inout ODataBytes
  ) -> RowPosition? {
    var walk = GraphWalk(simulation.tenant, query, now: now, mostRecipients: faults.mostRecipients)
    let first = walk.rows.position
    guard !faults.emptyPage else { return first }
    var last = first
    var count = 0
    while count < query.top, let (row, status, place) = walk.next() {
      if count > 0 { output.raw(",") }
      write(row, shown(status, count, knowsRecalled), to: &output)
      last = place
      count += 1
    }
    let next = walk.rows.position
    guard !faults.noLink else { return nil }
    guard count == query.top, walk.next() != nil else { return faults.repeatedLink ? first : nil }
    return faults.repeatedLink ? first : faults.duplicateRow ? last : next
  }

  private func shown(_ status: SimulatedStatus, _ count: Int, _ knowsRecalled: Bool) -> String {
    if faults.unknownStatus, count == 0 { return "heldForReview" }
    if status == .recalled, !knowsRecalled { return "unknownFutureValue" }
    return version == "beta" ? status.pascal : status.rawValue
  }

  private func write(_ row: SimulatedRow, _ status: String, to output: inout ODataBytes) {
    let message = row.message
    output.raw(version == "beta" ? ##"{"@odata.type":"#microsoft.graph.exchangeMessageTrace","id":""## : #"{"id":""#)
    output.raw(message.traceID)
    output.raw("\"")
    output.member("senderAddress", message.sender)
    output.member("recipientAddress", row.recipient)
    output.member("messageId", orEmpty(message.messageID))
    output.raw(#","receivedDateTime":"#)
    if faults.otherTimeSpelling {
      output.quote(Timestamp.exactText(message.received))
    } else {
      output.time(message.received)
    }
    output.member("subject", orEmpty(message.subject))
    output.raw(",\"size\":\(row.size)")
    output.member("fromIP", orEmpty(message.fromIP))
    output.member("toIP", orEmpty(row.toIP))
    output.member("status", status)
    if faults.unknownProperty { output.raw(#","verdict":{"level":3,"by":["a","b"]}"#) }
    output.raw("}")
  }

  private func orEmpty(_ text: String?) -> String? {
    faults.nullForEmpty ? (text?.isEmpty == false ? text : nil) : (text ?? "")
  }
}

/// The rows that a query finds, newest first. Bounds are compared with received times as shown: in milliseconds.
struct GraphWalk {
  private(set) var rows: RowWalk
  private let filter: RowFilter
  private let takesAll: Bool
  private let now: Instant
  private let mostRecipients: Int
  private var message: SimulatedMessage?

  /// - Parameter mostRecipients: of a message, where it is not asked for by its id.
  init(_ tenant: SimulatedTenant, _ query: GraphQuery, now: Instant, mostRecipients: Int = .max) {
    self.mostRecipients = query.filter.traceID == nil ? mostRecipients : .max
    let start = Instant(ticks: query.start.ticks + Self.toNextMillisecond(query.start))
    let range = tenant.messages(from: start, through: query.end + .ticks(9_999 - Self.pastMillisecond(query.end)))
    rows = RowWalk(tenant, range, ascending: false, now: now, from: query.position)
    filter = query.filter
    takesAll = query.filter.isEmpty
    self.now = now
  }

  mutating func next() -> (SimulatedRow, SimulatedStatus, RowPosition)? {
    while let place = rows.next() {
      guard place.recipient < mostRecipients else { continue }
      if let wanted = filter.traceID {
        let words = rows.tenant.traceWords(place.message)
        guard SimulatedTenant.guid(words.0, words.1) == wanted else { continue }
      }
      let shared = message?.index == place.message ? message : nil
      let message = shared ?? rows.tenant.message(place.message)
      self.message = message
      let row = rows.tenant.row(message, place.recipient)
      guard let status = row.status(at: now), takesAll || filter.passes(row, status, fromIP: message.fromIP)
      else { continue }
      return (row, status, place)
    }
    return nil
  }

  private static func pastMillisecond(_ instant: Instant) -> Int64 { (instant.ticks % 10_000 + 10_000) % 10_000 }

  private static func toNextMillisecond(_ instant: Instant) -> Int64 { (10_000 - pastMillisecond(instant)) % 10_000 }
}
