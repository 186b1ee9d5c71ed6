// The textfile, read by a strict parser of the exposition format.

internal import Configuration
internal import IntakeCore
internal import IntakeTesting
import Testing
internal import Trigger

@testable internal import message_trace

/// Reads Prometheus' text format and refuses whatever its documentation does not allow, and what its conventions forbid.
struct StrictMetrics {
  struct Broken: Error { var line: String }

  private(set) var samples: [String: Double] = [:]
  private var types: [String: String] = [:]
  private var helped: Set<String> = []
  private var current = ""

  init(_ text: String) throws {
    guard text.isEmpty || text.hasSuffix("\n") else { throw Broken(line: "no line feed at the end") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      guard try line.hasPrefix("# ") ? comment(line) : sample(line) else { throw Broken(line: String(line)) }
    }
  }

  private mutating func comment(_ line: Substring) throws -> Bool {
    let parts = line.split(separator: " ", maxSplits: 3)
    guard parts.count == 4 else { return false }
    let name = String(parts[2])
    if parts[1] == "HELP" {
      current = name
      return helped.insert(name).inserted && isName(parts[2]) && parts[3].hasSuffix(".")
    }
    guard parts[1] == "TYPE", name == current, types[name] == nil else { return false }
    types[name] = String(parts[3])
    return parts[3] == "gauge" && !name.hasSuffix("_total") || parts[3] == "counter" && name.hasSuffix("_total")
  }

  private mutating func sample(_ line: Substring) throws -> Bool {
    guard let open = line.firstIndex(of: "{"), let close = line.lastIndex(of: "}") else { return false }
    let name = line[..<open]
    guard name == current, types[current] != nil, isName(name) else { return false }
    guard line[close...].hasPrefix("} "), let value = Double(line[close...].dropFirst(2)) else { return false }
    guard labels(line[line.index(after: open)..<close]), value.isFinite else { return false }
    guard types[current] != "counter" || value >= 0 else { return false }
    return samples.updateValue(value, forKey: String(line[...close])) == nil
  }

  private func labels(_ text: Substring) -> Bool {
    var rest = text
    var names: Set<Substring> = []
    while !rest.isEmpty {
      guard let equals = rest.firstIndex(of: "="), names.insert(rest[..<equals]).inserted,
        isName(rest[..<equals])
      else { return false }
      rest = rest[rest.index(after: equals)...]
      guard rest.popFirst() == "\"" else { return false }
      var isClosed = false
      while !isClosed, let character = rest.popFirst() {
        isClosed = character == "\""
        if character == "\\", !["\\", "\"", "n"].contains(rest.popFirst() ?? " ") { return false }
      }
      guard isClosed else { return false }
      if !rest.isEmpty, rest.popFirst() != "," { return false }
    }
    return true
  }

  private func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first | 0x20 &- 0x61 < 26 || first == 0x5F else { return false }
    return text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5F }
  }
}

@Suite struct MetricsTests {
  static let now = Instant(seconds: 1_790_000_000)

  /// A status with something of everything.
  static func full(_ tenant: String) -> PassStatus {
    let schedule = Schedule(every: .seconds(60), lag: .seconds(60), revisits: [.seconds(900)], since: .zero)
    var status = PassStatus(lastPass: now)
    status.tenant = tenant
    status.mode = "graph"
    var outcome = PassOutcome()
    outcome.tally.rows = 7
    outcome.tally.emitted = 5
    outcome.requests = 3
    outcome.throttles = 2
    outcome.batches = ["file:/a": 2]
    outcome.gaps = [.init(cursor: "live", window: Window(start: now - .seconds(100), end: now))]
    outcome.sinkFailures["tcp://h:1"] = Failure("sink.tcp.refused", exit: .tryLater, "Refused.")
    status.note(outcome, at: now)
    status.counters.add(["events": ["delivered": 4, "other": 1], "event_ages": ["900": 3, "+Inf": 2]])
    let checkpoint = Checkpoint(
      sequence: 2, cursors: ["live": now - .seconds(60), "revisit 15m": now - .seconds(950)],
      sinks: ["file:/a": SinkPosition(sequence: 2), "tcp://h:1": SinkPosition(sequence: 1)])
    status.note(checkpoint, schedule, failing: outcome.sinkFailures, at: now)
    status.quota = .init(used: 12, limit: 90)
    return status
  }

  @Test("the strict parser accepts the file, and the figures are the status's own")
  func parsed() throws {
    let text = Metrics.text([Self.full("a.example"), Self.full("evil\"\\\n} 5")])
    let metrics = try StrictMetrics(text).samples
    let labels = "tenant=\"a.example\",mode=\"graph\""
    #expect(metrics["message_trace_rows_total{\(labels)}"] == 7)
    #expect(metrics["message_trace_events_total{\(labels),action=\"delivered\"}"] == 4)
    #expect(metrics["message_trace_lag_seconds{\(labels),cursor=\"revisit 15m\"}"] == 950)
    #expect(metrics["message_trace_quota_remaining_requests{\(labels)}"] == 78)
    #expect(metrics["message_trace_gap_seconds_total{\(labels)}"] == 100)
    #expect(metrics["message_trace_sink_batches_total{\(labels),sink=\"file:/a\"}"] == 2)
    #expect(metrics["message_trace_throttles_total{\(labels)}"] == 2)
    #expect(metrics["message_trace_failing_passes{\(labels)}"] == 1)
    #expect(metrics["message_trace_pass_failures_total{\(labels),code=\"sink.tcp.refused\"}"] == 1)
  }

  @Test("processes that write the same file keep each other's tenants in it")
  func shared() throws {
    let folder = try ScratchFolder()
    for (rows, tenant) in [(1, "a.example"), (2, "evil\"\\\n} 5"), (3, "b.example"), (4, "a.example")] {
      var status = Self.full(tenant)
      status.counters["rows"] = ["": rows]
      // A registry is what one process knows.
      try MetricsRegistry().write(status, to: folder("m.prom"))
    }
    let samples = try StrictMetrics(try folder.text("m.prom")).samples
    #expect(samples["message_trace_rows_total{tenant=\"a.example\",mode=\"graph\"}"] == 4)
    #expect(samples["message_trace_rows_total{tenant=\"b.example\",mode=\"graph\"}"] == 3)
    #expect(samples.keys.count { $0.hasPrefix("message_trace_rows_total{") } == 3)
  }

  @Test("a file of many tenants is written for several passes together, and whole in the end")
  func together() throws {
    let folder = try ScratchFolder()
    let registry = MetricsRegistry(mostPrompt: 1)
    let tenants = (0..<30).map { "t\($0).example" }
    for tenant in tenants { try registry.write(Self.full(tenant), to: folder("m.prom")) }
    registry.flush()
    let samples = try StrictMetrics(try folder.text("m.prom")).samples
    for tenant in tenants { #expect(samples["message_trace_rows_total{tenant=\"\(tenant)\",mode=\"graph\"}"] == 7) }
  }

  @Test("a write that came later tells its failure with the next one")
  func laterFailure() throws {
    let folder = try ScratchFolder()
    let registry = MetricsRegistry(mostPrompt: 1)
    try folder.makeFolder("metrics")
    let path = folder("metrics/m.prom")
    var isScheduled = false
    for number in 0..<1_000 where !isScheduled {
      try registry.write(Self.full("t\(number).example"), to: path)
      isScheduled = registry.hasWaiting
    }
    #expect(isScheduled)
    try folder.rename("metrics", to: "gone")
    registry.flush()
    #expect(throws: Failure.self) { try registry.write(Self.full("a.example"), to: path) }
  }

  @Test("where Prometheus is installed, its own checker finds nothing to say")
  func promtool() throws {
    let folder = try ScratchFolder()
    try folder.write(Metrics.text([Self.full("a.example"), Self.full("evil\"\\\n} 5")]), to: "m.prom")
    let hasPromtool = InstalledProgram.path(of: "promtool") != nil
    let checked = try TestProgram(["sh", "-c", "promtool check metrics < '\(folder("m.prom"))'"]).run()
    #expect(!hasPromtool || checked == 0)
    #expect(hasPromtool || checked != 0)
  }

  @Test("a pass that is long overdue is told as such, one that is due just now as now")
  func due() {
    var status = Self.full("a.example")
    status.nextRun = Self.now + .seconds(60)
    for (later, words) in [(0, "in 1m"), (61, "now"), (7_260, "overdue by 2h; check that the collector runs")] {
      let text = StatusTable.text(
        TenantStatus(playbook: "", statePath: "/s", status: status), now: Self.now + .seconds(later))
      #expect(text.contains("next run      \(words)\n"), "\(text)")
    }
  }

  @Test(
    "the parser does refuse",
    arguments: [
      "a 1\n", "# HELP a x.\n# TYPE a gauge\na{} 1", "# HELP a x.\n# TYPE a counter\na{} 1\n",
      "# HELP a x.\n# TYPE a gauge\na{} 1\na{} 1\n", "# HELP a x.\n# TYPE a gauge\na{b=\"c} 1\n",
    ])
  func refused(_ text: String) {
    #expect(throws: StrictMetrics.Broken.self) { _ = try StrictMetrics(text) }
  }

  @Test("a status survives its file, and no pass leaves it without its counters")
  func roundTrip() throws {
    var status = Self.full("a.example")
    status.nextRun = Self.now + .seconds(60)
    let read = try #require(PassStatus(try JSONValue(parsing: Array(status.json.text.utf8))))
    #expect(read == status)
    #expect(PassStatus(.object([])) == nil)
    var next = read
    next.note(PassOutcome(), at: Self.now + .seconds(60))
    #expect(!next.isFailing && next.counters["rows"]?[""] == 7 && next.counters["passes"]?[""] == 2)
  }

  @Test("the table tells state, last error and cursors, and no line is forged")
  func table() {
    var status = Self.full("a.example")
    status.lastFailure?.hint = "line\nbreak"
    let text = StatusTable.text(
      TenantStatus(playbook: "p.json", statePath: "/s", status: status), now: Self.now + .seconds(5))
    for word in ["a.example, graph", "sink.tcp.refused", "1 in a row", "78 of 90", "revisit 15m", "15m 55s", "behind"] {
      #expect(text.contains(word), "\(word) in \(text)")
    }
    #expect(!text.contains("line\nbreak"))
  }
}
