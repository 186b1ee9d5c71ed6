// The alert rules and the Grafana board of the package, held to the metrics that the program writes.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import message_trace

@Suite("Alert rules and board", .ownThreads)
struct PackagedRulesTests {
  private static let folder = "\(#filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" })/.package"

  private static func text(_ file: String) throws -> String {
    String(decoding: try FileBytes.read("\(folder)/\(file)", purpose: "rules"), as: UTF8.self)
  }

  @Test(
    "every metric in the rules and on the board is one that the program writes",
    arguments: ["alerts.yml", "grafana.json"])
  func names(_ file: String) throws {
    let words = try Self.text(file).split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let used = Set(words.filter { $0.hasPrefix("message_trace_") }.map(String.init))
    #expect(used.count > 4 && used.isSubset(of: Set(Metrics.names)), "\(used.subtracting(Metrics.names))")
    if file.hasSuffix("json") { _ = try JSONValue(parsing: Array(try Self.text(file).utf8)) }
  }

  @Test(
    "the board is one that Grafana imports: queries that parse, each on the chosen data source, panels side by side",
    .enabled(if: InstalledProgram.isWanted("promtool"), "promtool is not installed"))
  func board() throws {
    let board = try JSONValue(parsing: Array(try Self.text("grafana.json").utf8))
    let variables = try #require(board["templating"]?["list"]?.array)
    #expect(variables.compactMap { $0["name"]?.string } == ["datasource", "tenant"])
    #expect(variables.last?["refresh"] == .number("2"), "its values are read whenever the time range changes")
    var cells: Set<[Int]> = []
    var rules = "groups:\n- name: board\n  rules:\n"
    for panel in try #require(board["panels"]?.array) {
      let title = panel["title"]?.string ?? ""
      #expect(panel["datasource"]?["uid"]?.string == "${datasource}", "\(title)")
      let place = ["x", "y", "w", "h"].compactMap { name -> Int? in
        guard case .number(let text)? = panel["gridPos"]?[name] else { return nil }
        return Int(text)
      }
      try #require(place.count == 4 && place[0] + place[2] <= 24, "\(title)")
      for x in place[0]..<(place[0] + place[2]) {
        for y in place[1]..<(place[1] + place[3]) { #expect(cells.insert([x, y]).inserted, "\(title)") }
      }
      let queries = (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
      #expect(!queries.isEmpty, "\(title)")
      for query in queries { rules += "  - { alert: A, expr: '\(query.replacing("$tenant", with: ".*"))' }\n" }
    }
    let folder = try ScratchFolder()
    let checked = try TestProgram(["promtool", "check", "rules", try folder.write(rules, to: "board.yml")]).capture()
    #expect(checked.status == 0, "\(String(decoding: checked.output, as: UTF8.self))\(checked.errors)")
  }

  /// A rule, and what one of the series of a collector has to do until it fires. Values: promtool's notation, one a minute.
  struct Trouble: Sendable {
    var alert: String
    var metric: String
    var values: String
    var minute: Int
    /// A series that is not there.
    var lacks = ""
  }

  static let troubles = [
    Trouble(
      alert: "MessageTraceLate", metric: "last_success_timestamp_seconds", values: "0+60x30 1800x600", minute: 90),
    Trouble(
      alert: "MessageTraceLate", metric: "failing_passes", values: "1+1x600", minute: 30,
      lacks: "last_success_timestamp_seconds"),
    Trouble(
      alert: "MessageTraceStopped", metric: "last_pass_timestamp_seconds", values: "0+60x30 1800x600", minute: 200),
    Trouble(alert: "MessageTraceGap", metric: "gap_seconds_total", values: "0x60 600x600", minute: 70),
    Trouble(alert: "MessageTraceSinkBehind", metric: "sink_failures_total", values: "0x30 0+1x600", minute: 60),
    Trouble(alert: "MessageTraceRejected", metric: "sink_rejected_total", values: "0x60 3x600", minute: 70),
    Trouble(alert: "MessageTraceOpenSpans", metric: "open_spans", values: "1x600", minute: 400),
  ]

  @Test(
    "each rule fires on its trouble alone, on the series that a real collector writes",
    .enabled(if: InstalledProgram.isWanted("promtool"), "promtool is not installed"))
  func fires() throws {
    let fixture = try PlaybookFixture(messages: 50)
    let outcome = Program.run(["collect", try fixture.playbook("a")], environment: fixture.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let metrics = try fixture.folder.text("m.prom")
    var check = TestProgram(["promtool", "check", "metrics"])
    check.input = .path(fixture.folder("m.prom"))
    let checked = try check.capture()
    #expect(checked.status == 0 && checked.errors.isEmpty, "\(checked.errors)")
    let used = try Self.text("alerts.yml")
    let series = metrics.split(separator: "\n").filter { used.contains($0.prefix { $0 != "{" }) && !$0.hasPrefix("#") }
      .compactMap { line in line.lastIndex(of: " ").map { String(line[..<$0]) } }
    for trouble in Self.troubles {
      #expect(series.contains { $0.hasPrefix("message_trace_\(trouble.metric){") }, "\(trouble.metric)")
    }
    var cases = [Self.tested(series, nil)]
    cases += Self.troubles.map { Self.tested(series, $0) }
    let rules = "rule_files: [\"\(Self.folder)/alerts.yml\"]\nevaluation_interval: 1m\ntests:\n" + cases.joined()
    let file = try fixture.folder.write(rules, to: "alerts-test.yml")
    let tested = try TestProgram(["promtool", "test", "rules", file]).capture()
    #expect(tested.status == 0, "\(String(decoding: tested.output, as: UTF8.self))\(tested.errors)")
  }

  /// One case of promtool's: the series of a collector that is well but for the trouble, and the alerts that then fire.
  private static func tested(_ series: [String], _ trouble: Trouble?) -> String {
    let minutes = trouble?.minute ?? 300
    var text = "- interval: 1m\n  input_series:\n"
    for name in series where trouble.map({ $0.lacks.isEmpty || !name.hasPrefix("message_trace_\($0.lacks){") }) ?? true
    {
      let isTroubled = trouble.map { name.hasPrefix("message_trace_\($0.metric){") } ?? false
      let usual = name.contains("_timestamp_seconds{") ? "0+60x\(minutes)" : "0x\(minutes)"
      text += "  - { series: '\(name)', values: '\(isTroubled ? trouble?.values ?? usual : usual)' }\n"
    }
    text += "  promql_expr_test:\n  - expr: 'count by (alertname) (ALERTS{alertstate=\"firing\"})'\n"
    text += "    eval_time: \(minutes)m\n"
    guard let trouble else { return text }
    return text + "    exp_samples: [{ labels: '{alertname=\"\(trouble.alert)\"}', value: 1 }]\n"
  }
}
