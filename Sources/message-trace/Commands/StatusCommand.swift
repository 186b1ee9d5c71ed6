// `status`: the status of each tenant as a table or as JSON, read from its state without a lock or a request.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import Trigger

struct StatusCommand: RunnableCommand {
  static let descriptor = Command(
    name: "status",
    summary: "cursors, lag, ledger, quota, last error",
    usage: "status [PLAYBOOK]... [--format text|json]",
    details: """
      Reads the state without locking it, so it can be called at any time. Exit status 0 if the last pass succeeded,
      else the exit status of its failure.
      """,
    examples: [
      "message-trace status contoso.json", "message-trace status /etc/message-trace/*.json --format json",
    ],
    settings: [.state, .tenant, .now],
    options: [.format],
    operands: .files(0...1_000),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let format = try context.chosen(.format)
    let tenants = try paths().map { (path) throws(Failure) in try status(path) }
    let now = try context.time(context.invocation.layer).now()
    let text =
      format == "json"
      ? tenants.map { "\($0.json(now: now).text)\n" }.joined()
      : tenants.map { StatusTable.text($0, now: now) }.joined(separator: "\n")
    try context.terminal.output(text)
    return PassOutcome.worst(
      of: tenants.compactMap { $0.status }.filter(\.isFailing).compactMap { $0.lastFailure?.exit })
  }

  /// Title and state directory of each playbook, or of the settings if none is named.
  private func paths() throws(Failure) -> [(title: String, path: String)] {
    let above = context.invocation.layer.over(SettingLayer(environment: context.environment))
    guard !context.invocation.operands.isEmpty else {
      let named = ("", try TenantSettings.statePath(above, environment: context.environment))
      guard above[.state] == nil, above[.tenant] == nil, above[.username] == nil else { return [named] }
      let used = StateLocation.used(in: named.1)
      return used.isEmpty ? [named] : used.map { ("", $0) }
    }
    return try context.invocation.operands.map { (file) throws(Failure) in
      let layer = above.over(try Playbook.read(file).layer)
      return (file, try TenantSettings.statePath(layer, environment: context.environment))
    }
  }

  private func status(_ place: (title: String, path: String)) throws(Failure) -> TenantStatus {
    if let tenant = try Self.tenant(place.path, playbook: place.title) { return tenant }
    guard !context.invocation.operands.isEmpty else {
      throw Failure(
        .stateMissing, exit: .noInput, "Reading the state in \(place.path): nothing was collected there yet.",
        hint: "Give a playbook, or the state directory with --state.")
    }
    return TenantStatus(playbook: place.title, statePath: place.path, status: StatusFile.read(place.path))
  }

  /// The status of one state directory; nil if nothing was collected there yet.
  static func tenant(_ path: String, playbook: String) throws(Failure) -> TenantStatus? {
    guard let summary = try StateDirectory.summary(path) else { return nil }
    var tenant = TenantStatus(playbook: playbook, statePath: path, status: StatusFile.read(path))
    tenant.summary = summary
    tenant.backfill = BackfillProgress.read(path)
    return tenant
  }
}
