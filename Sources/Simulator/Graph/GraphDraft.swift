// Graph's unreleased draft of 2021: a row for each message, with its recipients inside.

internal import IntakeCore

/// `/beta/admin/exchange/messageTraces`, the list and one message by its id, with `$expand=recipients`.
struct GraphDraft {
  let simulation: Simulation
  let faults: PageFaults

  /// - Parameter parts: of the path, from `admin` on.
  func body(_ request: HTTPRequest, _ parts: [String]) throws(GraphError) -> [UInt8] {
    let parameters = request.parameters
    let expand = try Expansion(parameters["$expand"] ?? "")
    if let id = try Self.identifier(parts) { return try one(id, expand) }
    let now = simulation.now
    var query = try GraphQuery(parameters, now: now, tooOldStatus: simulation.settings.tooOldStatus)
    guard query.start >= now - .seconds(10 * 86_400) else {
      throw .badRequest("Invalid StartDate value. The StartDate can't be older than 10 days from today.")
    }
    let fixed = "draft\n\(parameters["$filter"] ?? "")\n\(query.top)"
    if let text = parameters["$skiptoken"] {
      guard let token = SimulatedSkipToken(text, by: simulation.tokens, query: fixed) else {
        throw .badRequest("The skip token is not valid.")
      }
      (query.start, query.end, query.position) = (token.start, token.end, token.position)
    }
    return list(request, query, expand, fixed: fixed, now: now)
  }

  /// A page holds at most `$top` recipients: messages end it that do not fit whole, but for the first.
  private func list(
    _ request: HTTPRequest, _ query: GraphQuery, _ expand: Expansion, fixed: String, now: Instant
  ) -> [UInt8] {
    var output = ODataBytes()
    output.raw(#"{"@odata.context":"https://graph.microsoft.com/beta/$metadata#messageTraces","value":["#)
    var walk = GraphWalk(simulation.tenant, query, now: now)
    var next: RowPosition?
    var count = 0
    var found = walk.next()
    while let (row, _, _) = found {
      let number = row.message.index
      let rows = visible(number, now)
      if count > 0, count + rows.count > query.top {
        next = RowPosition(message: number, recipient: 0)
        break
      }
      output.raw(count > 0 ? "," : "")
      write(rows, expand, now: now, to: &output)
      count += rows.count
      repeat { found = walk.next() } while found?.0.message.index == number
    }
    output.raw("]")
    if let next {
      let token = SimulatedSkipToken(start: query.start, end: query.end, position: next)
      let origin = faults.foreignOrigin ?? "http://\(request.header("host") ?? "localhost")"
      let pairs = request.parameters.raw(without: "$skiptoken")
      let link = (pairs + ["$skiptoken=\(token.sealed(by: simulation.tokens, query: fixed))"]).joined(separator: "&")
      output.member("@odata.nextLink", "\(origin)\(request.rawPath)?\(link)")
    }
    output.raw("}")
    return output.bytes
  }

  private func one(_ id: String, _ expand: Expansion) throws(GraphError) -> [UInt8] {
    let tenant = simulation.tenant
    let number = (0..<tenant.messages).first { number in
      let words = tenant.traceWords(number)
      return SimulatedTenant.guid(words.0, words.1) == id.lowercased()
    }
    guard let number, case let rows = visible(number, simulation.now), !rows.isEmpty else {
      throw GraphError(404, "ResourceNotFound", "The message trace was not found.")
    }
    var output = ODataBytes()
    write(rows, expand, now: simulation.now, to: &output)
    return output.bytes
  }

  private func visible(_ number: Int, _ now: Instant) -> [SimulatedRow] {
    simulation.tenant.rows(of: number).filter { $0.status(at: now) != nil }
  }

  private func write(_ rows: [SimulatedRow], _ expand: Expansion, now: Instant, to output: inout ODataBytes) {
    guard let message = rows.first?.message else { return }
    output.raw(#"{"id":"\#(message.traceID)""#)
    output.member("senderEmail", message.sender)
    output.member("receivedDateTime", String(Timestamp.exactText(message.received).dropLast()))
    output.member("messageId", message.messageID)
    output.member("subject", message.subject)
    output.raw(",\"size\":\(rows.first?.size ?? 0)")
    output.member("sourceIPAddress", message.fromIP)
    output.member("destinationIPAddress", rows.first?.toIP)
    if expand.recipients {
      output.raw(#","recipients":["#)
      var first = true
      for (position, row) in rows.enumerated() where expand.takes(row) {
        output.raw(first ? "" : ",")
        first = false
        write(row, position, expand, now: now, to: &output)
      }
      output.raw("]")
    }
    output.raw("}")
  }

  private func write(
    _ row: SimulatedRow, _ position: Int, _ expand: Expansion, now: Instant, to output: inout ODataBytes
  ) {
    var random = KeyedRandom(simulation.tenant.seed, UInt64(row.message.index), UInt64(position))
    output.raw(#"{"id":"\#(SimulatedTenant.guid(random.next(), random.next()))""#)
    output.member("recipientEmail", row.recipient)
    output.member("deliveryStatus", row.status(at: now)?.pascal)
    if expand.events {
      output.raw(#","events":["#)
      for (number, event) in DeliveryEvent.events(of: row, now: now).enumerated() {
        output.raw(number > 0 ? "," : "")
        output.raw(#"{"id":"\#(SimulatedTenant.guid(random.next(), random.next()))""#)
        output.member("dateTime", String(Timestamp.text(event.at).dropLast()))
        output.member("eventType", event.event.lowercased())
        output.member("description", event.description)
        output.raw("}")
      }
      output.raw("]")
    }
    output.raw("}")
  }

  /// The id in `messageTraces(id='…')`, `messageTraces('…')` or `messageTraces/…`; nil for the list.
  private static func identifier(_ parts: [String]) throws(GraphError) -> String? {
    if parts.count == 4 { return parts[3] }
    guard parts.count == 3, let tokens = FilterText.tokens(parts[2]) else {
      throw GraphError(404, "ResourceNotFound", "Resource not found.")
    }
    guard tokens.count > 1 else { return nil }
    for case .text(let id) in tokens { return id }
    throw GraphError(404, "ResourceNotFound", "Resource not found.")
  }
}

/// The `$expand` of a query of the draft: recipients, optionally filtered, optionally with their events.
struct Expansion {
  var recipients = false
  var events = false
  private var wanted: [String] = []

  init(_ text: String) throws(GraphError) {
    guard !text.isEmpty else { return }
    guard let tokens = FilterText.tokens(text), tokens.first?.name == "recipients" else {
      throw .badRequest("Invalid expand clause.")
    }
    recipients = true
    events = tokens.contains { $0.name == "events" }
    for case .text(let address) in tokens { wanted.append(address.lowercased()) }
  }

  func takes(_ row: SimulatedRow) -> Bool { wanted.isEmpty || wanted.contains(row.recipient.lowercased()) }
}
