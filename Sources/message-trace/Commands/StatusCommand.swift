// `status`: the status of each tenant as a table or as JSON, read from its state without a lock or a request.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import Trigger

struct StatusCommand: RunnableCommand {
  static let descriptor = Command(
    name: "status",
    summary: "cursors, lag, ledger, quota, last error",
    usage: "status [PLAYBOOK]... [--max-age DURATION] [--format text|json]",
    details: """
      Reads the state without locking it, so it can be called at any time. Exit status 0 if the last pass succeeded,
      else the exit status of its failure. With --max-age also 75 for a collector that is late, whether it fails, hangs or
      was never started: for a monitor that calls it. Unfinished backfills, the process that holds the state, and how many
      batches each sink is behind are shown as well.
      """,
    examples: [
      "message-trace status contoso.json", "message-trace status /etc/message-trace/*.json --format json",
      "message-trace status contoso.json --max-age 10m",
    ],
    settings: [.state, .tenant, .now],
    options: [.format, .maxAge],
    operands: .files(0...1_000),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let format = try context.chosen(.format)
    let places = try paths()
    let tenants = try places.map { (path) throws(Failure) in try status(path) }
    let now = try context.time(context.invocation.layer).now()
    let text =
      format == "json"
      ? tenants.map { "\($0.json(now: now).text)\n" }.joined()
      : isFleet(places)
        ? FleetTable.text(tenants, now: now) : tenants.map { StatusTable.text($0, now: now) }.joined(separator: "\n")
    try context.terminal.output(text)
    let late = try late(tenants, now: now)
    return PassOutcome.worst(
      of: tenants.compactMap { $0.status }.filter(\.isFailing).compactMap { $0.lastFailure?.exit } + late)
  }

  /// True for all tenants of a database; those that playbooks name are shown in full.
  private func isFleet(_ places: [(title: String, place: StatePlace)]) -> Bool {
    let above = context.invocation.layer.over(SettingLayer(environment: context.environment))
    return context.invocation.operands.isEmpty && above[.tenant] == nil && above[.username] == nil
      && places.allSatisfy { $0.place.database != nil }
  }

  /// Names each tenant that is late; an exit status for each.
  private func late(_ tenants: [TenantStatus], now: Instant) throws(Failure) -> [Int32] {
    guard let text = context.invocation.options[.maxAge] else { return [] }
    guard let limit = Duration(parsing: text) else {
      throw Invocation.usage(
        "--max-age must be a duration such as 90s, 10m or 2h, not \(Log.clean(text, limit: 60)).",
        help: context.command.helpCall)
    }
    return tenants.compactMap { tenant in
      let age = tenant.live.map { now - $0 }
      guard age.map({ $0 > limit }) ?? true else { return nil }
      let name = tenant.playbook.isEmpty ? tenant.statePath : tenant.playbook
      let reason = age.map { "mail has been read up to \($0.spoken) ago" } ?? "no mail has been read yet"
      context.terminal.say("late: \(name): \(reason); the limit is \(limit.text).")
      return ExitCode.tryLater.rawValue
    }
  }

  /// Title and state directory of each playbook, or of the settings if none is named.
  private func paths() throws(Failure) -> [(title: String, place: StatePlace)] {
    let above = context.invocation.layer.over(SettingLayer(environment: context.environment))
    guard !context.invocation.operands.isEmpty else {
      let named = ("", try TenantSettings.statePlace(above, environment: context.environment))
      if named.1.database != nil, above[.tenant] == nil, above[.username] == nil {
        return try Self.places(named.1).map { ("", $0) }
      }
      guard case .directory(let common) = named.1, above[.state] == nil, above[.tenant] == nil, above[.username] == nil
      else { return [named] }
      let used = StateLocation.used(in: common)
      return used.isEmpty ? [named] : used.map { ("", .directory($0)) }
    }
    return try context.invocation.operands.map { (file) throws(Failure) in
      let layer = above.over(try Playbook.read(file).layer)
      return (file, try TenantSettings.statePlace(layer, environment: context.environment))
    }
  }

  /// Each tenant of a database; a directory by itself.
  static func places(_ place: StatePlace) throws(Failure) -> [StatePlace] {
    guard let database = place.database else { return [place] }
    return try LeaseTable(database).leases().map { .database(database, tenant: $0.tenant) }
  }

  private func status(_ named: (title: String, place: StatePlace)) throws(Failure) -> TenantStatus {
    if let tenant = try Self.tenant(named.place, playbook: named.title) { return tenant }
    guard !context.invocation.operands.isEmpty else {
      throw Failure(
        .stateMissing, exit: .noInput, "Reading the state in \(named.place.text): nothing was collected there yet.",
        hint: "Give a playbook, or the state directory with --state.")
    }
    return TenantStatus(
      playbook: named.title, statePath: named.place.text, status: StatusFile.read(named.place.documents))
  }

  /// The status of one state; nil if nothing was collected there yet.
  static func tenant(_ place: StatePlace, playbook: String) throws(Failure) -> TenantStatus? {
    guard let summary = try place.summary() else { return nil }
    let documents = place.documents
    var tenant = TenantStatus(playbook: playbook, statePath: place.text, status: StatusFile.read(documents))
    tenant.summary = summary
    tenant.backfill = BackfillProgress.read(documents)
    return tenant
  }
}
