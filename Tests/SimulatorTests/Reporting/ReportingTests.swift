// The Reporting Web Service: shapes, filters, windows, refusals.

import IntakeCore
import Testing

@testable import Simulator

@Suite("The Reporting Web Service")
struct ReportingTests {
  private static func truth(_ bench: SimulatorFixture) -> [SimulatedRow] {
    let tenant = bench.server.settings.tenant
    return (0..<tenant.messages).flatMap { tenant.rows(of: $0) }
  }

  @Test("verbose JSON has results, metadata and date literals")
  func verbose() throws {
    let bench = try SimulatorFixture { $0.reportingPageSize = 20 }
    defer { bench.stop() }
    let answer = bench.reporting(SimulatorFixture.reportingWindow + "&$format=Json")
    let row = try #require(try answer.json()["d"]?["results"]?.array?.first)
    #expect(answer.text.contains(#""Received":"\/Date(17724"#))
    #expect(row["StartDate"]?.string == "/Date(1772409600000)/")
    #expect(row["__metadata"]?["type"]?.string == "TenantReporting.MessageTrace")
    let next = try answer.json()["d"]?["__next"]?.string
    #expect(next?.hasPrefix(bench.server.reportingURL) == true)
    #expect(next?.hasSuffix("&$skiptoken=19") == true)
  }

  @Test("light JSON has seven digits without Z for Received, with Z for the echoed window, and a relative link")
  func light() throws {
    let bench = try SimulatorFixture { $0.reportingPageSize = 20 }
    defer { bench.stop() }
    let json = try bench.reporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).json()
    let row = try #require(json["value"]?.array?.first)
    #expect(row["Received"]?.string?.count == 27)
    #expect(row["StartDate"]?.string == "2026-03-02T00:00:00.0000000Z")
    #expect(row["EndDate"]?.string == "2026-03-02T02:00:00.0000000Z")
    #expect(json["odata.nextLink"]?.string?.hasPrefix("../../reportingwebservice/reporting.svc/MessageTrace?") == true)
  }

  @Test("$format=json with $top gives a bare array and no link")
  func bare() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let json = try bench.reporting(SimulatorFixture.reportingWindow + "&$format=json&$top=7").json()
    #expect(json["d"]?.array?.count == 7)
    let after = try bench.reporting(SimulatorFixture.reportingWindow + "&$format=json&$top=7&$skiptoken=6").json()
    #expect(after["d"]?.array?.first?["Index"]?.integer == 7)
  }

  @Test("nothing asked for gives Atom, OData 2.0 in the headers gives verbose JSON")
  func negotiation() throws {
    let bench = try SimulatorFixture { $0.reportingPageSize = 20 }
    defer { bench.stop() }
    let atom = bench.reporting(SimulatorFixture.reportingWindow)
    #expect(atom.headers["content-type"]?.hasPrefix("application/atom+xml") == true)
    #expect(atom.text.split(separator: "<entry>").count == 21)
    #expect(atom.text.contains(#"<link rel="next""#))
    let old = bench.reporting(
      SimulatorFixture.reportingWindow,
      [SimulatorFixture.json, ("DataServiceVersion", "2.0"), ("MaxDataServiceVersion", "2.0")])
    #expect(try old.json()["d"]?["results"]?.array?.count == 20)
  }

  @Test("filters by eq give the rows that have the values")
  func filters() throws {
    let bench = try SimulatorFixture(messages: 600, knobs: .calm)
    defer { bench.stop() }
    let all = Self.truth(bench)
    let some = try #require(
      all.first {
        $0.recipient.contains("'") && $0.message.kind != .bounce && $0.message.fromIP != nil
          && $0.message.messageID != nil
      })
    let window = "StartDate eq datetime'2026-03-02T00:00:00Z' and EndDate eq datetime'2026-03-02T02:00:00+00:00'"
    let cases: [(String, Int)] = [
      ("RecipientAddress eq '\(some.recipient.replacingApostrophes)'", all.count { $0.recipient == some.recipient }),
      ("SenderAddress eq '<>'", all.count { $0.message.sender == "<>" }),
      ("Status eq 'Failed'", all.count { $0.timeline.last?.status == .failed }),
      ("MessageTraceId eq guid'\(some.message.traceID)'", all.count { $0.message.traceID == some.message.traceID }),
      ("MessageId eq '\(some.message.messageID ?? "")'", all.count { $0.message.messageID == some.message.messageID }),
      ("FromIP eq '\(some.message.fromIP ?? "")'", all.count { $0.message.fromIP == some.message.fromIP }),
      ("FromIP eq '255.255.255.255'", 0),
    ]
    for (filter, count) in cases {
      let query = "?$filter=\(PercentEncoding.encode("\(window) and \(filter)"))"
      #expect(try bench.walkReporting(query, [SimulatorFixture.json]).joined().count == count, "\(filter)")
    }
  }

  @Test("what has no value is null here and a recipient is in lower case")
  func spelling() throws {
    let bench = try SimulatorFixture(messages: 600)
    defer { bench.stop() }
    let rows = try bench.walkReporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).flatMap(\.self)
    #expect(rows.contains { $0["ToIP"] == .null })
    #expect(rows.contains { $0["Subject"] == .null })
    #expect(!rows.contains { $0["FromIP"]?.string == "255.255.255.255" })
    #expect(rows.allSatisfy { row in row["RecipientAddress"]?.string.map { $0 == $0.lowercased() } == true })
  }

  @Test("without a window the last 48 hours are given, and the links carry them")
  func defaultWindow() throws {
    let window = Window(start: SimulatorFixture.day - .seconds(4 * 86_400), end: SimulatorFixture.day)
    let bench = try SimulatorFixture(messages: 400, knobs: .calm, now: SimulatorFixture.day, window: window) {
      $0.reportingPageSize = 50
    }
    defer { bench.stop() }
    let wanted = Self.truth(bench).count { $0.message.received >= SimulatorFixture.day - .seconds(2 * 86_400) }
    #expect(try bench.walkReporting("", [SimulatorFixture.json]).joined().count == wanted)
    #expect(try bench.walkReporting("?$format=json&$filter=Status%20eq%20'None'").joined().isEmpty)
  }

  @Test(
    "a bad request is refused in the shape that was asked for",
    arguments: [
      ("?$top=1000]", 400, "Incorrect format for $top argument '1000]'."), ("?$skiptoken=x", 400, "$skiptoken"),
      ("?$skiptoken=999999", 500, "An error has occurred on the server."),
      ("?$filter=StartDate%20eq%20datetime'2026-03-02T00:00:00Z'", 400, "Both"),
      ("?$filter=StartDate%20ge%20datetime'2026-03-02T00:00:00Z'", 400, "only eq"),
      ("?$filter=Organizations%20eq%20'x'", 400, "does not have a property named 'Organizations'"),
      ("?$filter=StartDate%20eq%20datetime'x'%20and%20EndDate%20eq%20datetime'y'", 400, "Edm.DateTime"),
      (
        "?$filter=StartDate%20eq%20datetime'2026-01-02T00:00:00Z'%20and%20EndDate%20eq%20datetime'2026-01-03T00:00:00Z'",
        400, "older than 30 days"
      ), ("?$filter='", 400, "unterminated"), ("?rws-version=2012-V1", 400, "unsupported"),
      ("?$orderby=Size", 400, "orderby"), ("s", 404, "messagetraces"),
    ])
  func refusals(query: String, status: Int, text: String) throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let light = bench.reporting(query, [SimulatorFixture.json])
    #expect(light.status == status)
    #expect(try light.json()["odata.error"]?["message"]?["value"]?.string?.contains(text) == true)
    let verbose = bench.reporting(query + (query.contains("?") ? "&" : "?") + "$format=json")
    #expect(try verbose.json()["error"]?["message"]?["value"]?.string?.contains(text) == true)
    #expect(bench.reporting(query).text.contains("<ServiceFault>"))
  }

  @Test("wrong or missing credentials give 401 as HTML, a missing role 403 as JSON")
  func signIn() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let path = "/ecp/reportingwebservice/reporting.svc/MessageTrace"
    for header in ["", "Basic eDp5", "Basic !!", "Negotiate x", "Bearer a.b.c"] {
      let answer = bench.client().request("GET", path, [("Authorization", header)])
      #expect(answer.status == 401)
      #expect(answer.headers["content-type"] == "text/html")
      #expect(answer.headers["www-authenticate"] != nil)
    }
    let bearer = try bench.token(scope: "https://outlook.office365.com/.default")
    #expect(bench.client().request("GET", path.uppercased(), [("Authorization", "Bearer \(bearer)")]).status == 200)
    let poor = try SimulatorFixture { $0.directoryRoleGranted = false }
    defer { poor.stop() }
    #expect(
      try poor.reporting("").json()["Message"]?.string == "No permission to access the report for the organization .")
    let modern = try SimulatorFixture { $0.basicAllowed = false }
    defer { modern.stop() }
    #expect(modern.reporting("").status == 401)
  }

  @Test("details tell the events of one row")
  func details() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let row = try #require(Self.truth(bench).first)
    let filter =
      "MessageTraceId eq guid'\(row.message.traceID)' and RecipientAddress eq '\(row.recipient.replacingApostrophes)' and "
      + "SenderAddress eq '\(row.message.sender.replacingApostrophes)'"
    let query = "Detail?$format=json&$filter=\(PercentEncoding.encode(filter))"
    let rows = try #require(try bench.reporting(query).json()["d"]?["results"]?.array)
    #expect(rows.count == row.timeline.count + 1)
    #expect(rows.first?["Event"]?.string == "Receive")
    #expect(rows.first?["Date"]?.string?.hasPrefix("/Date(") == true)
  }

  @Test("$select leaves the other columns out")
  func select() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let rows = try bench.walkReporting(
      SimulatorFixture.reportingWindow + "&$select=Received,%20Status", [SimulatorFixture.json]
    ).joined()
    #expect(rows.allSatisfy { $0.members?.map(\.key) == ["Received", "Status"] })
  }
}
