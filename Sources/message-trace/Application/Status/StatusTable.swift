// The status of one tenant as a table for people.

internal import Checkpoint
internal import IntakeCore
internal import Trigger

/// The status of a tenant as people read it.
enum StatusTable {
  static func text(_ tenant: TenantStatus, now: Instant) -> String {
    var lines: [(String, String)] = []
    if !tenant.playbook.isEmpty { lines.append(("playbook", tenant.playbook)) }
    lines.append(
      (
        "tenant",
        [tenant.status?.tenant ?? tenant.summary?.tenant ?? "", tenant.status?.mode ?? ""]
          .filter { !$0.isEmpty }.joined(separator: ", ")
      ))
    lines.append(("state", tenant.statePath))
    if let lease = tenant.summary?.lease { lines.append(("lease", text(lease))) }
    if let holder = tenant.holder { lines.append(("in use by", "process \(holder)")) }
    lines += passes(tenant, now) + openSpans(tenant, now)
    lines += store(tenant)
    if let backfill = tenant.backfill { lines.append(("backfill", backfill.text)) }
    return lines.map { row($0.0, $0.1) }.joined() + cursors(tenant, now)
  }

  private static func text(_ lease: LeaseTable.Lease) -> String {
    guard let holder = lease.holder else { return "held by no process, epoch \(lease.epoch)" }
    let end = lease.hasExpired ? "expired" : "until"
    return "\(holder), epoch \(lease.epoch), \(end) \(Timestamp.text(lease.expires))"
  }

  private static func passes(_ tenant: TenantStatus, _ now: Instant) -> [(String, String)] {
    guard let status = tenant.status else { return [("last pass", "never")] }
    var lines = [("last pass", "\(ago(status.lastPass, now)), \(tenant.outcome)")]
    if let success = status.lastSuccess, status.isFailing { lines.append(("last success", ago(success, now))) }
    if let failure = status.lastFailure {
      let streak = failure.streak > 0 ? ", \(failure.streak) in a row" : ", resolved since"
      lines.append(("last error", "\(ago(failure.at, now))\(streak): \(failure.sentence)"))
      if failure.streak > 0, let hint = failure.hint { lines.append(("", hint)) }
    }
    if let next = status.nextRun { lines.append(("next run", due(next, now))) }
    if let gap = status.gaps.last {
      lines.append(
        ("last gap", "\(gap.cursor), \(Timestamp.text(gap.window.start)) to \(Timestamp.text(gap.window.end))"))
    }
    return lines
  }

  /// Also where no pass was made: a backfill leaves spans open as well.
  private static func openSpans(_ tenant: TenantStatus, _ now: Instant) -> [(String, String)] {
    (tenant.summary?.checkpoint.openSpans ?? []).map { span in
      let times = "\(Timestamp.text(span.window.start)) to \(Timestamp.text(span.window.end))"
      return ("open span", "\(times), tried \(ago(span.tried, now))")
    }
  }

  private static func store(_ tenant: TenantStatus) -> [(String, String)] {
    // The size of the files tells roughly; the last pass has counted, and says the same to machines.
    // A pass with a database has only what it has recalled.
    let counted = tenant.summary?.lease == nil ? tenant.status.map { "\($0.identities)" } : nil
    let ledger = counted ?? "about \(tenant.summary?.identities ?? 0)"
    let entries = tenant.summary?.journalEntries ?? tenant.status?.journalEntries ?? 0
    let bytes = tenant.summary?.journalBytes ?? tenant.status?.journalBytes ?? 0
    var lines = [
      ("ledger", "\(ledger) identities"),
      ("journal", entries == 0 ? "empty" : "\(entries) batches, \(bytes) bytes"),
    ]
    if let quota = tenant.status?.quota {
      lines.append(("quota left", "\(max(0, quota.limit - quota.used)) of \(quota.limit) requests in 5 minutes"))
    }
    for (name, sink) in (tenant.status?.sinks ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append(("sink", "\(name), \(standing(of: name, sink, tenant))"))
      if let count = tenant.status?.counters["sink_rejected"]?[name], count > 0 {
        lines.append(("", "\(count) events refused so far: message-trace state rejected"))
      }
    }
    return lines
  }

  /// Batches count from the journal as it is now; the failure is that of the last pass.
  private static func standing(of name: String, _ sink: PassStatus.SinkState, _ tenant: TenantStatus) -> String {
    let checkpoint = tenant.summary?.checkpoint
    let taken = checkpoint?.sinks[name]?.sequence ?? sink.sequence
    let newest = max(taken, checkpoint?.sequence ?? taken)
    let reason = sink.failing.map { ": \($0)" } ?? ""
    guard newest > taken else { return sink.failing == nil ? "up to date" : "behind\(reason)" }
    return "\(newest - taken) batches behind\(reason)"
  }

  private static func cursors(_ tenant: TenantStatus, _ now: Instant) -> String {
    let known = tenant.summary?.checkpoint.cursors ?? tenant.status?.lanes.mapValues(\.cursor) ?? [:]
    guard !known.isEmpty else { return "" }
    let lanes = known.sorted { $0.value > $1.value }
    return "\n" + columns("cursor", "read up to", "lag", "moved")
      + lanes.map { name, cursor in
        columns(
          name, Timestamp.text(cursor), (now - cursor).spoken,
          tenant.status?.lanes[name].map { ago($0.moved, now) } ?? "-")
      }.joined()
  }

  private static func row(_ name: String, _ value: String) -> String {
    pad(name, 14) + Log.clean(value, limit: 500) + "\n"
  }

  private static func columns(_ name: String, _ cursor: String, _ lag: String, _ moved: String) -> String {
    pad(name, 14) + pad(cursor, 26) + pad(lag, 12) + moved + "\n"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
  }

  /// A pass that is long overdue: the collector does not run, or hangs.
  private static func due(_ next: Instant, _ now: Instant) -> String {
    if next > now { return "in \((next - now).spoken)" }
    return now - next < .seconds(300) ? "now" : "overdue by \((now - next).spoken); check that the collector runs"
  }

  private static func ago(_ instant: Instant, _ now: Instant) -> String {
    now - instant < .seconds(1) ? "now" : "\((now - instant).spoken) ago"
  }
}
