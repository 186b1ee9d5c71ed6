// `report`: writes one HTML page from NDJSON files, optionally with the status of the collectors.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import Report

struct ReportCommand: RunnableCommand {
  static let descriptor = Command(
    name: "report",
    summary: "one HTML page from NDJSON files",
    usage: "report FILE... [OPTION]... > report.html",
    details: """
      Reads NDJSON files of events (every profile but raw, and no nested ones), - for standard input, and writes one
      self-contained page: the last day against others, spikes, mail per hour by status, failures by reason, the most
      frequent senders, recipients and domains, and the delay of rows. --state or --status-file adds the status of the
      collector. The page has no script and loads nothing; it contains the same addresses and subjects as the events,
      so protect it like them. The counts of the most frequent values are exact up to 65,536 distinct ones.
      """,
    examples: [
      "message-trace report /var/log/contoso.ndjson > report.html",
      "message-trace report /var/log/*.ndjson --state /var/lib/message-trace/contoso --title Contoso > report.html",
      "message-trace status /etc/message-trace/*.json --format json > status.json",
      "zcat old.ndjson.gz | message-trace report - --status-file status.json --top 20 > report.html",
    ],
    settings: [.now],
    options: [.title, .top, .collectorState, .statusFile],
    operands: .files(1...10_000),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let own = context.invocation.options
    let now = try context.time(context.invocation.layer).now()
    var options = ReportOptions(top: try context.number(.top, default: 10, 1...100), made: now)
    if let title = own[.title], !title.isEmpty { options.title = title }
    var report = HTMLReport(options)
    for status in try statuses(now: now) { report.add(status: status) }
    for path in context.invocation.operands { try report.read(path) }
    try check(report.lines)
    try context.terminal.output(report.page())
    return .done
  }

  /// Refuses input without any event, and says how much of it is none.
  private func check(_ lines: (all: Int, invalid: Int, foreign: Int)) throws(Failure) {
    guard lines.all > 0 else { return }
    guard lines.invalid < lines.all else {
      throw Failure(
        "report.no_events", exit: .badData, "Reading the events: none of the \(lines.all) lines is a JSON object.",
        hint: "Name files that message-trace wrote; convert raw rows with `message-trace normalise`.")
    }
    guard lines.invalid + lines.foreign < lines.all else {
      throw Failure(
        "report.no_events", exit: .badData,
        "Reading the events: none of the \(lines.all) lines is an event of the profiles ecs, sekoia, cim or udm-flat.",
        hint: "Convert rows (--profile raw) with `message-trace normalise`; events of --nested cannot be read.")
    }
    guard lines.foreign > 0 else { return }
    context.terminal.say(
      "warning: \(lines.foreign) lines are no events of the profiles ecs, sekoia, cim or udm-flat; they are left out.")
  }

  /// The status of the named state directory, and those in the file that `status --format json` wrote.
  private func statuses(now: Instant) throws(Failure) -> [JSONValue] {
    var statuses: [JSONValue] = []
    if let path = context.invocation.options[.collectorState] {
      let place = try StatePlace(path, tenant: "", environment: context.environment)
      var tenants: [TenantStatus] = []
      for place in try StatusCommand.places(place) {
        if let tenant = try StatusCommand.tenant(place, playbook: "") { tenants.append(tenant) }
      }
      guard !tenants.isEmpty else {
        throw Failure(
          .stateMissing, exit: .noInput, "Reading the state in \(place.text): nothing was collected there yet.",
          hint: "Give the directory or URI that `collect` uses as --state.")
      }
      statuses += tenants.map { $0.json(now: now) }
    }
    if let path = context.invocation.options[.statusFile] { statuses += try Self.read(path) }
    return statuses
  }

  /// Reads one JSON object per line.
  private static func read(_ path: String) throws(Failure) -> [JSONValue] {
    let bytes = try FileBytes.read(path, purpose: "status")
    var statuses: [JSONValue] = []
    for line in bytes.split(separator: 0x0A) where line.contains(where: { $0 > 0x20 }) {
      guard let status = try? JSONValue(parsing: Array(line)), status["outcome"]?.string != nil else {
        throw Failure(
          "file.bad", exit: .badData,
          "Reading the status from \(path): it is not the output of `status --format json`.",
          hint: "Run: message-trace status PLAYBOOK --format json > \(Log.clean(path, limit: 200))")
      }
      statuses.append(status)
    }
    return statuses
  }
}
