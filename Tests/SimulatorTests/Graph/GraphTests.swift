// Graph's message trace: filters, limits, skip tokens, spelling, other versions.

import IntakeCore
import IntakeTesting
import Testing

@testable import Simulator

@Suite("Microsoft Graph")
struct GraphTests {
  /// Rows of one filtered page, and what the same question gives on the truth.
  private static func rows(_ bench: SimulatorFixture, _ filter: String) throws -> [JSONValue] {
    let window = "receivedDateTime ge 2026-03-02T00:00:00Z and receivedDateTime le 2026-03-02T02:00:00Z"
    let query = PercentEncoding.encode("\(window) and \(filter)")
    return try bench.walkGraph("\(SimulatorFixture.graphList)?$filter=\(query)&$top=5000").flatMap(\.self)
  }

  private static func truth(_ bench: SimulatorFixture) -> [SimulatedRow] {
    let tenant = bench.server.settings.tenant
    return (0..<tenant.messages).flatMap { tenant.rows(of: $0) }
  }

  @Test("eq filters give the rows that have the value, whatever its case")
  func equality() throws {
    let bench = try SimulatorFixture(messages: 600, knobs: .calm)
    defer { bench.stop() }
    let all = Self.truth(bench)
    let some = try #require(all.first { $0.recipient.contains("'") })
    let quoted = some.recipient.uppercased().replacingApostrophes
    #expect(
      try Self.rows(bench, "recipientAddress eq '\(quoted)'").count == all.count { $0.recipient == some.recipient })
    #expect(
      try Self.rows(bench, "id eq '\(some.message.traceID)'").count
        == all.count { $0.message.traceID == some.message.traceID })
    #expect(try Self.rows(bench, "senderAddress eq '<>'").count == all.count { $0.message.sender == "<>" })
    #expect(try Self.rows(bench, "fromIP eq '255.255.255.255'").count == all.count { $0.message.kind == .bounce })
    #expect(try Self.rows(bench, "status eq 'failed'").count == all.count { $0.timeline.last?.status == .failed })
  }

  @Test("a star stands for all senders of a domain, and nothing else")
  func wildcard() throws {
    let bench = try SimulatorFixture(knobs: .calm)
    defer { bench.stop() }
    let all = Self.truth(bench)
    let wanted = all.count { $0.message.sender.hasSuffix("@contoso.com") }
    #expect(wanted > 0)
    #expect(try Self.rows(bench, "senderAddress eq '*@contoso.com'").count == wanted)
    #expect(try Self.rows(bench, "senderAddress eq 'a*@contoso.com'").isEmpty)
  }

  @Test("contains, startswith and endswith look at the subject only")
  func functions() throws {
    let bench = try SimulatorFixture(knobs: .calm)
    defer { bench.stop() }
    let all = Self.truth(bench)
    let invoices = all.count { $0.message.subject?.hasPrefix("Invoice") == true }
    #expect(invoices > 0)
    #expect(try Self.rows(bench, "startswith(subject,'INVOICE')").count == invoices)
    #expect(try Self.rows(bench, "contains(subject,'nvoic')").count == invoices)
    #expect(try Self.rows(bench, "endswith(subject,'nothing ends so')").isEmpty)
    #expect(try Self.rows(bench, "contains(senderAddress,'nobody at all')").count == all.count)
  }

  @Test("of several values of a property only the last counts, whatever joins them")
  func lastValueWins() throws {
    let bench = try SimulatorFixture(messages: 600, knobs: .calm)
    defer { bench.stop() }
    let failed = Self.truth(bench).count { $0.timeline.last?.status == .failed }
    #expect(failed > 0)
    #expect(try Self.rows(bench, "(status eq 'delivered' or status eq 'failed')").count == failed)
    #expect(try Self.rows(bench, "status in ('delivered', 'failed')").count == failed)
    #expect(try Self.rows(bench, "status ne 'failed'").count == failed)
  }

  @Test(
    "a query beyond the service's limits is refused in its words",
    arguments: [
      ("?$top=5001", 400, "ResultSize is invalid"), ("?$top=x", 400, "$top"),
      (
        "?$filter=receivedDateTime%20ge%202026-03-02T00:00:00Z", 400, "EndDate is required when a StartDate is entered."
      ),
      (
        "?$filter=receivedDateTime%20ge%202026-02-01T00:00:00Z%20and%20receivedDateTime%20le%202026-02-11T00:00:01Z",
        400,
        "longer than 10 days"
      ),
      (
        "?$filter=receivedDateTime%20ge%202025-11-01T00:00:00Z%20and%20receivedDateTime%20le%202025-11-02T00:00:00Z",
        400,
        "older than 90 days"
      ),
      ("?$filter=receivedDateTime%20lt%202026-02-01T00:00:00Z", 400, "ge and le"),
      ("?$filter=size%20eq%205", 400, "size"), ("?$filter=subject%20eq%20'open", 400, "unterminated"),
      ("?$filter=id", 400, "missing"), ("?$skiptoken=abc", 400, "skip token"),
      ("/x/y/z", 404, "Resource not found"),
    ])
  func limits(query: String, status: Int, text: String) throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let answer = try bench.graph(SimulatorFixture.graphList + query, [("client-request-id", "abc")])
    #expect(answer.status == status)
    let message = try answer.json()["error"]?["message"]?.string
    #expect(message?.contains(text) == true)
    #expect(try answer.json()["error"]?["innerError"]?["client-request-id"]?.string == "abc")
    #expect(answer.headers["client-request-id"] == "abc")
  }

  @Test("a start too long ago can be a 500 with the reason inside")
  func tooOld() throws {
    let bench = try SimulatorFixture { $0.tooOldStatus = 500 }
    defer { bench.stop() }
    let answer = try bench.graph(
      "\(SimulatorFixture.graphList)?$filter=receivedDateTime%20ge%202025-11-01T00:00:00Z%20and%20receivedDateTime%20le%202025-11-02T00:00:00Z"
    )
    #expect(answer.status == 500)
    let inner = try answer.json()["error"]?["innererror"]?["internalexception"]?["message"]?.string
    #expect(inner?.contains("older than 90 days") == true)
  }

  @Test("without a range the last 48 hours are given, also on later pages when the clock moves")
  func defaultWindow() throws {
    let window = Window(start: SimulatorFixture.day - .seconds(4 * 86_400), end: SimulatorFixture.day)
    let bench = try SimulatorFixture(messages: 400, knobs: .calm, now: SimulatorFixture.day, window: window)
    defer { bench.stop() }
    let wanted = Self.truth(bench).count { $0.message.received >= SimulatorFixture.day - .seconds(2 * 86_400) }
    #expect(wanted > 100)
    let token = try bench.token()
    let first = try bench.graph("\(SimulatorFixture.graphList)?$top=50", token: token).json()
    bench.clock.advance(by: .seconds(1_800))
    var rows = first["value"]?.array?.count ?? 0
    var next = first["@odata.nextLink"]?.string
    while let link = next {
      let page = try bench.graph(String(link.dropFirst(bench.server.graphURL.count)), token: token).json()
      rows += page["value"]?.array?.count ?? 0
      next = page["@odata.nextLink"]?.string
    }
    #expect(rows == wanted)
  }

  @Test("a skip token is good for its own query only")
  func skipTokens() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let page = try bench.graph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=10").json()
    let link = try #require(page["@odata.nextLink"]?.string).dropFirst(bench.server.graphURL.count)
    #expect(try bench.graph(String(link)).status == 200)
    #expect(try bench.graph(String(link.replacing("$top=10", with: "$top=20"))).status == 400)
    #expect(try bench.graph(String(link.dropLast())).status == 400)
  }

  @Test("a recalled message is named only to those who ask for unknown members")
  func recalled() throws {
    let bench = try SimulatorFixture(messages: 600, knobs: TenantKnobs(statusChangeShare: 1))
    defer { bench.stop() }
    let wanted = bench.server.truth(at: bench.clock.now).count { $0.status == "recalled" }
    #expect(wanted > 0)
    let target = "\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=5000"
    #expect(try bench.walkGraph(target).joined().count { $0["status"]?.string == "recalled" } == wanted)
    #expect(try bench.walkGraph(target, []).joined().count { $0["status"]?.string == "unknownFutureValue" } == wanted)
  }

  @Test("times have milliseconds and Z, and nothing is null")
  func spelling() throws {
    let bench = try SimulatorFixture(messages: 600)
    defer { bench.stop() }
    let rows = try bench.walkGraph("\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)").flatMap(\.self)
    #expect(rows.allSatisfy { $0["receivedDateTime"]?.string?.count == 24 })
    #expect(rows.allSatisfy { $0.members?.contains { $0.value == .null } == false })
    #expect(rows.contains { $0["toIP"]?.string == "" })
  }

  @Test("the beta version writes types and capitals and no context")
  func beta() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let json = try bench.graph("/beta/admin/exchange/tracing/messageTraces\(SimulatorFixture.graphWindow)&$top=5")
      .json()
    let row = try #require(json["value"]?.array?.first)
    #expect(json["@odata.context"] == nil)
    #expect(row["@odata.type"]?.string == "#microsoft.graph.exchangeMessageTrace")
    #expect(row["status"]?.string?.first?.isUppercase == true)
  }

  @Test("details tell the events of one message to one recipient, an unknown pair none")
  func details() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let row = try #require(Self.truth(bench).first { $0.recipient.contains("'") || $0.recipient.contains("+") })
    let address = PercentEncoding.encode(row.recipient.replacingApostrophes)
    let target =
      "\(SimulatorFixture.graphList)/\(row.message.traceID)/getDetailsByRecipient(recipientAddress='\(address)')"
    let events = try #require(try bench.graph(target).json()["value"]?.array)
    #expect(events.count == row.timeline.count + 1)
    #expect(events.allSatisfy { $0["id"]?.string == row.message.traceID })
    let none = try bench.graph(
      "\(SimulatorFixture.graphList)/\(row.message.traceID)/getDetailsByRecipient(recipientAddress='x@y')")
    #expect(try none.json()["value"]?.array == [])
    #expect(try bench.graph("/v1.0/admin/exchange").status == 400)
    #expect(try bench.graph("/v1.0/admin/exchange/tracing").status == 200)
  }

  @Test("the draft of 2021 gives a row a message, recipients inside, counted against the page size")
  func draft() throws {
    let bench = try SimulatorFixture(messages: 120, knobs: TenantKnobs(multiRecipientShare: 0.5))
    defer { bench.stop() }
    let root = "/beta/admin/exchange/messageTraces"
    let pages = try bench.walkGraph("\(root)\(SimulatorFixture.graphWindow)&$expand=recipients&$top=10")
    let rows = pages.flatMap(\.self).flatMap { message in
      (message["recipients"]?.array ?? []).map { recipient in
        let status = recipient["deliveryStatus"]?.string ?? ""
        return TrueRow(
          traceID: message["id"]?.string ?? "", recipient: (recipient["recipientEmail"]?.string ?? "").lowercased(),
          status: status.prefix(1).lowercased() + status.dropFirst())
      }
    }
    #expect(Set(rows) == Set(bench.server.truth(at: bench.clock.now).map(\.folded)))
    #expect(rows.count == bench.server.settings.tenant.rowCount)
    #expect(pages.allSatisfy { $0.reduce(0) { $0 + ($1["recipients"]?.array?.count ?? 0) } <= 10 })
    let id = try #require(rows.first?.traceID)
    let one = try bench.graph("\(root)(id='\(id)')?$expand=recipients($expand=events)").json()
    #expect(one["receivedDateTime"]?.string?.hasSuffix("Z") == false)
    #expect(one["recipients"]?.array?.first?["events"]?.array?.isEmpty == false)
    #expect(try bench.graph("\(root)('nothing')").status == 404)
  }
}

extension String {
  /// As a string literal of OData needs them.
  var replacingApostrophes: String { replacing("'", with: "''") }
}
