// `query` as mail administrators type it: wildcards, ids without dates, local times, PowerShell's spellings, formats.

import Collector
import IntakeCore
import IntakeTesting
import Simulator
import Testing

@testable import message_trace

@Suite("Query, as people type it", .ownThreads)
struct QueryPeopleTests {
  /// A pattern, and the addresses that it stands for.
  struct Pattern: Sendable {
    var text: String
    var fits: @Sendable (String) -> Bool
  }

  static let domain = "partner.example"
  static let patterns = [
    Pattern(text: "Priya*") { $0.hasPrefix("priya") },
    Pattern(text: "*ro*@\(domain)") { $0.hasSuffix("@\(domain)") && $0.dropLast(domain.utf8.count + 1).contains("ro") },
    Pattern(text: domain) { $0.hasSuffix("@\(domain)") },
    Pattern(text: "@\(domain)") { $0.hasSuffix("@\(domain)") },
    Pattern(text: "*.example") { $0.hasSuffix(".example") },
  ]

  @Test("an asterisk stands for any text in addresses, and a domain for its addresses", arguments: QueryTests.modes)
  func wildcards(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    var found = 0
    for pattern in Self.patterns {
      let expected: [(String, [SimulatedRow])] = [
        ("--sender-address", fixture.rows.filter { pattern.fits($0.message.sender.lowercased()) }),
        ("--recipient-address", fixture.rows.filter { pattern.fits($0.recipient.lowercased()) }),
      ]
      for (option, rows) in expected {
        let outcome = fixture.run(["query", option, pattern.text, "--format", "raw"], mode: mode)
        #expect(outcome.status == 0, "\(pattern.text): \(outcome.errors)")
        #expect(Set(fixture.keys(outcome)) == fixture.keys(rows), "\(option) \(pattern.text)")
        found += rows.count
      }
    }
    #expect(found > 100)
    let sender = fixture.rows[0].message.sender
    let both = fixture.run(
      ["query", "--sender-address", "\(sender),*rosa*@\(Self.domain)", "--format", "raw"], mode: mode)
    let rows = fixture.rows.filter { row in
      let from = row.message.sender.lowercased()
      return from == sender.lowercased() || from.contains("rosa") && from.hasSuffix("@\(Self.domain)")
    }
    #expect(Set(fixture.keys(both)) == fixture.keys(rows))
  }

  @Test("an asterisk in a subject makes it a pattern for the whole subject", arguments: ["graph", "reporting"])
  func subjects(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let beginning = fixture.rows.filter { $0.message.subject?.hasPrefix("Invoice") ?? false }
    try #require(beginning.count > 3)
    let found = fixture.run(["query", "--subject", "invoice*", "--format", "raw"], mode: mode)
    #expect(Set(fixture.keys(found)) == fixture.keys(beginning), "\(found.errors)")
    let none = fixture.run(["query", "--subject", "nvoice*", "--format", "raw"], mode: mode)
    #expect(none.status == 0 && none.lines.isEmpty)
    let literal = fixture.run(
      ["query", "--subject", "invoice*", "--subject-filter-type", "contains", "--format", "raw"], mode: mode)
    #expect(literal.status == 0 && literal.lines.isEmpty)
  }

  @Test("ids without dates are searched for in all that is kept; else an empty result names the span and a wider one")
  func kept() throws {
    let fixture = try QueryFixture(messages: 40, age: .seconds(20 * 86_400))
    defer { fixture.server.stop() }
    let message = fixture.rows[0].message
    let same = fixture.rows.filter { $0.message.index == message.index }
    for mode in ["graph", "reporting"] {
      for (option, value) in [("--message-trace-id", message.traceID), ("--message-id", message.messageID ?? "")] {
        let outcome = fixture.run(["query", option, value, "--format", "raw"], mode: mode)
        #expect(Set(fixture.keys(outcome)) == fixture.keys(same), "\(mode) \(option): \(outcome.errors)")
      }
      let empty = fixture.run(["query", "--sender-address", message.sender, "--format", "raw"], mode: mode)
      #expect(empty.status == 0 && empty.output.isEmpty)
      let wider = mode == "graph" ? "--start-date -90d" : "--start-date -30d"
      #expect(empty.errors.contains("No row matches from 20") && empty.errors.contains(wider), "\(empty.errors)")
    }
  }

  @Test("columns are chosen, times are those of a zone, and yesterday is that zone's")
  func table() throws {
    let fixture = try QueryFixture(messages: 30)
    defer { fixture.server.stop() }
    let row = fixture.rows[0]
    let query = ["query", "--message-trace-id", row.message.traceID, "--recipient-address", row.recipient]
    let chosen = fixture.run(query + ["--columns", "trace-id,Received", "--tz", "Etc/GMT-5"])
    let local = Timestamp.text(row.message.received + .seconds(5 * 3_600)).prefix(19)
    #expect(
      chosen.lines == [
        "MESSAGE TRACE ID                      RECEIVED",
        "\(row.message.traceID)  \(local.prefix(10)) \(local.suffix(8)) +05",
      ], "\(chosen.errors)")
    let wide = fixture.run(query + ["--wide"])
    #expect(wide.lines.first?.hasPrefix("RECEIVED (UTC)") == true && wide.lines.first?.hasSuffix("MESSAGE ID") == true)
    #expect(wide.lines.last?.hasSuffix(row.message.messageID ?? "-") == true)
    let days = ["Etc/GMT-14", "Etc/GMT+12"].map { zone in
      ["yesterday", "today"].reduce(into: Set<String>()) { keys, day in
        let span = ["--start-date", day, "--end-date", day, "--tz", zone, "--format", "raw"]
        keys.formUnion(fixture.keys(fixture.run(["query"] + span)))
      }
    }
    #expect(days[0] == fixture.keys(fixture.rows) && days[1] == fixture.keys(fixture.rows))
    let unknown = fixture.run(query + ["--tz", "Europe/Pariss"])
    #expect(unknown.status == 64 && unknown.errors.contains("Europe/Paris"), "\(unknown.errors)")
  }

  @Test("a table without trace ids ends with the call that shows what happened to its first row")
  func ready() throws {
    let fixture = try QueryFixture(messages: 30)
    defer { fixture.server.stop() }
    let settings = fixture.server.settings
    let call = [
      "query", "--columns", "received,sender", "--tenant", fixture.tenant.name, "--client-id", settings.clientID,
      "--graph-url", fixture.server.graphURL, "--authority", fixture.server.authorityURL,
    ]
    let run = try #require(
      PseudoTerminalRun(call, environment: ["MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret]))
    let (status, drawn) = run.watch()
    let newest = try #require(fixture.rows.max { $0.message.received < $1.message.received })
    #expect(status == 0 && drawn.contains("message-trace details \(newest.message.traceID) "), "\(drawn)")
  }

  @Test("PowerShell's spellings mean the documented options, and spam is a status")
  func spellings() throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let sender = fixture.rows[0].message.sender
    let ours = fixture.run(["query", "--sender-address", sender, "--start-date", "-10h", "--format", "raw"])
    let theirs = fixture.run(
      ["query", "-SenderAddress", sender, "-StartDate", "-10h", "-ResultSize", "Unlimited", "-Format", "raw"])
    #expect(theirs.status == 0 && theirs.output == ours.output && !ours.lines.isEmpty, "\(theirs.errors)")
    let spam = fixture.run(["query", "--status", "Spam", "--format", "raw"])
    let truth = fixture.rows.filter { $0.status(at: fixture.now) == .filteredAsSpam }
    #expect(Set(fixture.keys(spam)) == fixture.keys(truth) && !truth.isEmpty, "\(spam.errors)")
    let wrong = fixture.run(["query", "--status", "junk"])
    #expect(wrong.status == 64 && wrong.errors.contains("Expanded, Quarantined"), "\(wrong.errors)")
    let unknown = fixture.run(["query", "-SenderAdress", sender])
    #expect(unknown.status == 64 && unknown.errors.contains("--sender-address"), "\(unknown.errors)")
  }

  @Test("json is one array with the cmdlet's names, and excel is CSV that a spreadsheet reads as UTF-8")
  func documents() throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let json = fixture.run(["query", "--format", "json"])
    let elements = try #require(try JSONValue(parsing: json.output).array)
    #expect(elements.count == fixture.rows.count)
    let keys = elements.compactMap { element in
      element["MessageTraceId"]?.string.map { "\($0) \(element["RecipientAddress"]?.string ?? "")".lowercased() }
    }
    #expect(Set(keys) == fixture.keys(fixture.rows))
    let none = fixture.run(["query", "--sender-address", "nobody@\(Self.domain)", "--format", "json"])
    #expect(none.output == Array("[]\n".utf8), "\(none.errors)")
    let excel = fixture.run(["query", "--format", "excel"]).output
    let csv = fixture.run(["query", "--format", "csv"]).output
    #expect(excel.prefix(3) == [0xEF, 0xBB, 0xBF])
    #expect(excel.dropFirst(3).filter { $0 != 0x0D } == csv && excel.count { $0 == 0x0D } == fixture.rows.count + 1)
  }

  @Test("few rows are asked for where few are wanted", arguments: ["graph", "reporting"])
  func few(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let all = fixture.keys(fixture.run(["query", "--format", "raw"], mode: mode))
    let before = fixture.server.requests().count
    let outcome = fixture.run(["query", "--format", "raw", "--result-size", "4"], mode: mode)
    #expect(fixture.keys(outcome) == Array(all.prefix(4)) && outcome.errors.contains("More rows"), "\(outcome.errors)")
    let asked = fixture.server.requests().dropFirst(before).filter { $0.query.contains("top=") }
    #expect(asked.count == 1 && asked.allSatisfy { $0.query.contains("top=5") }, "\(asked.map(\.query))")
  }

  @Test("a reader that has enough ends query quietly")
  func head() throws {
    let fixture = try QueryFixture(messages: 2_000)
    defer { fixture.server.stop() }
    let settings = fixture.server.settings
    let call = [
      "'\(Program.path)' query --format raw --tenant \(fixture.tenant.name) --client-id \(settings.clientID)",
      "--graph-url \(fixture.server.graphURL) --authority \(fixture.server.authorityURL)",
      "| head -n 1; echo ${PIPESTATUS[0]}",
    ].joined(separator: " ")
    let outcome = try TestProgram(
      ["bash", "-c", call], environment: ["MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret]
    ).capture()
    #expect(outcome.lines.count == 2 && outcome.lines.last == "0", "\(outcome.lines)")
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }
}
