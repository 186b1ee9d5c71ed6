// The status of one tenant, read without holding its state.

internal import Checkpoint
internal import Glibc
internal import IntakeCore
internal import Trigger

struct TenantStatus: Sendable {
  /// The playbook's file, empty where none was named.
  var playbook: String
  var statePath: String
  /// Of the last pass; nil where none has ended yet.
  var status: PassStatus?
  /// Of the state itself, which may be newer than the last pass's status.
  var summary: StateSummary?
  var backfill: BackfillProgress?

  init(playbook: String, statePath: String, status: PassStatus?) {
    self.playbook = playbook
    self.statePath = statePath
    self.status = status
  }

  /// `ok`, `never` or the code of the failure.
  var outcome: String {
    guard let status else { return "never" }
    return status.isFailing ? status.lastFailure?.code ?? "failing" : "ok"
  }

  func json(now: Instant) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("playbook", .string(playbook)), .init("state", .string(statePath)), .init("outcome", .string(outcome)),
    ]
    if let live = live { members.append(.init("lagSeconds", .number("\((now - live).components.seconds)"))) }
    if let summary {
      members.append(
        .init("cursorsNow", JSONValue.object(summary.checkpoint.cursors) { JSONValue($0) }))
      members.append(
        .init(
          "openSpans",
          .array(
            summary.checkpoint.openSpans.map { span in
              .object([.init("from", JSONValue(span.window.start)), .init("to", JSONValue(span.window.end))])
            })))
    }
    if let status { members.append(.init("status", status.json)) }
    if let backfill { members.append(.init("backfill", backfill.json)) }
    return .object(members)
  }

  /// The process that works with the state now, as far as this host tells; nil where none does.
  var holder: Int32? {
    guard let text = try? FileBytes.read("\(statePath)/lock", purpose: "lock", limit: 64),
      let process = Int32(String(decoding: text.prefix { (0x30...0x39).contains($0) }, as: UTF8.self)), process > 0,
      let name = try? FileBytes.read("/proc/\(process)/comm", purpose: "process", limit: 64)
    else { return nil }
    return name.starts(with: Array("message-trace\n".utf8)) ? process : nil
  }

  /// The live cursor as it is now.
  var live: Instant? { summary?.checkpoint.cursors[Schedule.liveCursor] ?? status?.lanes[Schedule.liveCursor]?.cursor }
}
