// `query` and `details`: the documented examples, the formats, invalid arguments.

import Collector
import IntakeCore
import IntakeTesting
import Simulator
import Testing

@testable import message_trace

/// A simulator with settled mail of the last five hours, and the arguments to ask it.
struct QueryFixture {
  let server: SimulatorServer
  let tenant: SimulatedTenant
  let now: Instant
  let rows: [SimulatedRow]

  /// - Parameter age: how long ago the mail was received, beyond those five hours.
  init(messages: Int = 400, age: Duration = .zero) throws {
    let now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: 5, messages: messages,
      window: Window(start: now - age - .seconds(5 * 3_600), end: now - age - .seconds(600)),

      knobs: TenantKnobs(lateShare: 0, maximumDelay: .zero, statusChangeShare: 0))
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.quota = .off
    server = try SimulatorServer.start(settings)
    self.now = now
    self.tenant = tenant
    rows = (0..<messages).flatMap { tenant.rows(of: $0) }
  }

  func run(_ arguments: [String], mode: String = "graph") -> ProcessResult {
    let settings = server.settings
    let common = ["--mode", mode == "draft" ? "graph" : mode, "--tenant", tenant.name]
    let graph = ["--client-id", settings.clientID, "--graph-url", server.graphURL, "--authority", server.authorityURL]
    let service: [String] =
      switch mode {
      case "graph": graph
      case "draft": graph + ["--graph-api", "beta-2021"]
      default: ["--username", settings.username, "--reporting-url", server.reportingURL]
      }
    return Program.run(
      arguments + common + service,
      environment: [
        "MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret, "MESSAGE_TRACE_PASSWORD": settings.password,
      ])
  }

  /// Trace id and recipient of each line of `--format raw`, in any shape of row.
  func keys(_ outcome: ProcessResult) -> [String] {
    outcome.lines.compactMap { QueryRow(json: Array($0.utf8)) }.map { row in
      guard let value = try? JSONValue(parsing: row.json), let inner = value["recipients"]?.array?.first else {
        return "\(row.traceID) \(row.recipient)".lowercased()
      }
      return "\(row.traceID) \(inner["recipientEmail"]?.string ?? "")".lowercased()
    }
  }

  func keys(_ rows: [SimulatedRow]) -> Set<String> {
    Set(rows.map { "\($0.message.traceID) \($0.recipient)".lowercased() })
  }
}

@Suite("Query, end to end", .ownThreads)
struct QueryTests {
  static let modes = ["graph", "reporting", "draft"]

  /// The examples of the help, in order, as words.
  static func examples(_ command: String) -> [[String]] {
    let lines = Program.run(["help", command]).lines
    let from = (lines.firstIndex(of: "examples:") ?? lines.count - 1) + 1
    return lines[from...].map { line in
      line.split(separator: " ").dropFirst().map { $0.filter { $0 != "'" } }
    }
  }

  @Test("the five examples of the 2021 document and the cmdlet's work as the help gives them", arguments: modes)
  func documented(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let examples = Self.examples("query")
    try #require(examples.count >= 6)
    let several = try #require(
      fixture.rows.first { row in fixture.rows.filter { $0.message.index == row.message.index }.count > 1 })
    let message = several.message
    let same = fixture.rows.filter { $0.message.index == message.index }
    let days = (Timestamp.text(fixture.now - .seconds(86_400)).prefix(10), Timestamp.text(fixture.now).prefix(10))
    let people = ["user2@contoso.com": same[0].recipient, "user3@contoso.com": same[1].recipient]
    func ask(_ number: Int) -> ProcessResult {
      let words = examples[number].map { word in
        switch word {
        case "2e3c0fac-4669-4e4a-2669-08d5dd529cbe": message.traceID
        case let word where word.hasPrefix("<ea7d4b44435d"): message.messageID ?? ""
        case "2020-06-15", "2018-06-13": String(days.0)
        case "2020-06-16", "2018-06-15": String(days.1)
        case "john@contoso.com": message.sender
        case "user2@contoso.com,user3@contoso.com": people.values.sorted().joined(separator: ",")
        default: people[word] ?? word
        }
      }
      return fixture.run(words + (words[0] == "query" ? ["--format", "raw"] : []), mode: mode)
    }
    let byRecipient = fixture.rows.filter { row in
      people.values.contains { $0.lowercased() == row.recipient.lowercased() }
    }
    let expected: [(Int, [SimulatedRow])] = [
      (0, fixture.rows), (1, same), (2, same), (3, byRecipient),
      (5, fixture.rows.filter { $0.message.sender.lowercased() == message.sender.lowercased() }),
    ]
    for (number, rows) in expected {
      let outcome = ask(number)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(examples[number]): \(outcome.errors)")
      #expect(Set(fixture.keys(outcome)) == fixture.keys(rows), "\(examples[number])")
      #expect(outcome.lines.count == rows.count)
    }
    let details = ask(4)
    #expect(details.status == 0, "\(details.errors)")
    #expect(details.lines.first == "message              \(message.traceID)")
    #expect(details.lines.contains { $0.lowercased().contains("receive") && $0.contains("Message received by") })
  }

  @Test("every format contains the same rows; events equal those of collect", arguments: modes)
  func formats(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let filter = ["query", "--status", "failed,Quarantined", "--status", "FilteredAsSpam"]
    let truth = fixture.rows.filter { row in
      [.failed, .quarantined, .filteredAsSpam].contains(row.status(at: fixture.now) ?? .delivered)
    }
    #expect(truth.count > 10)
    let outcomes = ["table", "raw", "csv", "ndjson"].map { fixture.run(filter + ["--format", $0], mode: mode) }
    for outcome in outcomes { #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)") }
    #expect(outcomes.map(\.lines.count) == [truth.count + 1, truth.count, truth.count + 1, truth.count])
    #expect(Set(fixture.keys(outcomes[1])) == fixture.keys(truth))
    #expect(outcomes[2].lines.first?.hasPrefix("Received,SenderAddress,RecipientAddress,") == true)
    let ids = Set(outcomes[3].ids)
    #expect(ids.count == truth.count)
    let all = fixture.run(["query", "--format", "ndjson"], mode: mode)
    #expect(ids.isSubset(of: all.ids) && all.lines.count == fixture.rows.count)
    let control = outcomes[0].output.filter { $0 < 0x20 && $0 != 0x0A }
    #expect(control.isEmpty)
  }

  @Test("pages and result sizes select from the same list, with a notice", arguments: ["graph", "reporting"])
  func pages(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let all = fixture.keys(fixture.run(["query", "--format", "raw"], mode: mode))
    #expect(all.count == fixture.rows.count)
    let first = fixture.run(["query", "--format", "raw", "--result-size", "30"], mode: mode)
    #expect(fixture.keys(first) == Array(all.prefix(30)) && first.errors.contains("More rows"))
    let third = fixture.run(["query", "--format", "raw", "--page", "3", "--page-size", "20"], mode: mode)
    #expect(fixture.keys(third) == Array(all[40..<60]))
    let whole = fixture.run(["query", "--format", "raw", "--result-size", "unlimited"], mode: mode)
    #expect(fixture.keys(whole) == all && whole.errors.isEmpty)
  }

  @Test("an unknown id or recipient is reported", arguments: modes)
  func nothing(_ mode: String) throws {
    let fixture = try QueryFixture(messages: 50)
    defer { fixture.server.stop() }
    let id = "00000000-0000-4000-8000-000000000000"
    let query = fixture.run(["query", "--message-trace-id", id], mode: mode)
    #expect(query.status == 0 && query.output.isEmpty && query.errors.hasPrefix("No row matches"))
    for operands in [[id, "a@b.example"], [fixture.rows[0].message.traceID, "nobody@b.example"]] {
      let details = fixture.run(["details"] + operands, mode: mode)
      #expect(details.status == 66 && details.output.isEmpty && details.errors.contains("no message"))
      #expect(!details.errors.contains("nobody"))
    }
  }

  @Test("details show why a message failed, as timeline, raw rows and events", arguments: modes)
  func details(_ mode: String) throws {
    let fixture = try QueryFixture()
    defer { fixture.server.stop() }
    let row = try #require(fixture.rows.first { $0.status(at: fixture.now) == .failed })
    let operands = ["details", row.message.traceID.uppercased(), row.recipient]
    let timeline = fixture.run(operands, mode: mode)
    #expect(timeline.status == 0, "\(timeline.errors)")
    #expect(timeline.lines.contains { $0.contains(" ! ") && $0.lowercased().contains("fail") })
    #expect(timeline.lines.contains { $0.contains("code: 550, enhanced 5.1.1") })
    #expect(timeline.lines.contains { $0.hasPrefix("failed ") })
    let raw = fixture.run(operands + ["--format", "raw"], mode: mode)
    let events = fixture.run(operands + ["--format", "ndjson"], mode: mode)
    #expect(events.status == 0, "\(events.errors)")
    #expect(raw.lines.count >= 2 && events.lines.count == raw.lines.count)
    #expect(Set(events.ids).count == events.lines.count)
    #expect(events.lines.allSatisfy { $0.contains("\"event.dataset\":\"o365.message_trace_detail\"") })
  }

  struct Mistake: Sendable {
    var arguments: [String]
    var says: String
  }

  static let mistakes = [
    Mistake(arguments: ["--start-date", "06/13/2018"], says: "ISO 8601"),
    Mistake(arguments: ["--start-date", "3x"], says: "not a date or time"),
    Mistake(arguments: ["--start-date", "tomorrow"], says: "not a date or time"),
    Mistake(arguments: ["--sender-address", "priya"], says: "priya*"),
    Mistake(arguments: ["--columns", "sendr"], says: "did you mean sender?"),
    Mistake(arguments: ["--start-date", "-91d"], says: "90 days"),
    Mistake(arguments: ["--start-date", "-1h", "--end-date", "-2h"], says: "is after the end"),
    Mistake(arguments: ["--status", "Deliverd"], says: "did you mean Delivered?"),
    Mistake(arguments: ["--from-ip", "300.1.1.1"], says: "not an IP address"),
    Mistake(arguments: ["--message-trace-id", "5"], says: "GUID"),
    Mistake(arguments: ["--page", "0"], says: "1 to 1000"),
    Mistake(arguments: ["--page", "2", "--result-size", "5"], says: "cannot be combined"),
    Mistake(arguments: ["--subject-filter-type", "regex"], says: "starts-with"),
    Mistake(arguments: ["--format", "xml"], says: "ndjson"),
    Mistake(arguments: ["--sender-address", ","], says: "has no value"),
    Mistake(arguments: ["--sendr-address", "a@b"], says: "--sender-address"),
  ]

  @Test("invalid arguments are rejected before any request", arguments: mistakes)
  func refused(_ mistake: Mistake) throws {
    let fixture = try QueryFixture(messages: 1)
    defer { fixture.server.stop() }
    let outcome = fixture.run(["query"] + mistake.arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(outcome.errors.contains(mistake.says), "\(outcome.errors)")
    #expect(fixture.server.requests().isEmpty)
  }

  @Test("a start before the service's retention is rejected before any request")
  func tooOld() throws {
    let fixture = try QueryFixture(messages: 1)
    defer { fixture.server.stop() }
    for (mode, start, says) in [("reporting", "-31d", "30 days"), ("draft", "-11d", "10 days")] {
      let outcome = fixture.run(["query", "--start-date", start], mode: mode)
      #expect(outcome.status == 64 && outcome.errors.contains(says), "\(outcome.errors)")
    }
    #expect(fixture.server.requests().isEmpty)
    let widest = fixture.run(["query", "--start-date", "-90d", "--format", "raw"])
    #expect(widest.status == 0 && widest.lines.count == fixture.rows.count, "\(widest.errors)")
  }
}
