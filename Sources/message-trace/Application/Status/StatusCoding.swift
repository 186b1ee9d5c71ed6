// The status as JSON: what `status --format json` prints and what the status file holds.

internal import IntakeCore
internal import Trigger

extension PassStatus {
  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("v", .number("1")), .init("tenant", .string(tenant)), .init("mode", .string(mode)),
      .init("lastPass", JSONValue(lastPass)), .init("seconds", .number("\(Double(elapsed.ticks / 10_000) / 1_000)")),
    ]
    if let lastSuccess { members.append(.init("lastSuccess", JSONValue(lastSuccess))) }
    if let nextRun { members.append(.init("nextRun", JSONValue(nextRun))) }
    if let lastFailure { members.append(.init("lastFailure", lastFailure.json)) }
    members.append(.init("cursors", JSONValue.object(lanes) { $0.json }))
    members.append(.init("ledger", .number("\(identities)")))
    members.append(
      .init(
        "journal",
        .object([.init("entries", .number("\(journalEntries)")), .init("bytes", .number("\(journalBytes)"))])))
    members.append(.init("sinks", JSONValue.object(sinks) { $0.json }))
    if let quota {
      members.append(
        .init("quota", .object([.init("used", .number("\(quota.used)")), .init("limit", .number("\(quota.limit)"))])))
    }
    members.append(.init("openSpans", .number("\(openSpans)")))
    members.append(.init("gaps", .array(gaps.map(Self.json))))
    members.append(
      .init("counters", JSONValue.object(counters) { values in JSONValue.object(values) { .number("\($0)") } }))
    return .object(members)
  }

  /// nil for anything that is not a status: a new one then starts, with its counters at zero.
  init?(_ value: JSONValue) {
    guard value["v"]?.integer == 1, let lastPass = value["lastPass"]?.instant else { return nil }
    self.init(lastPass: lastPass)
    tenant = value["tenant"]?.string ?? ""
    mode = value["mode"]?.string ?? ""
    if case .number(let text)? = value["seconds"], let seconds = Double(text), seconds >= 0, seconds < 1e8 {
      elapsed = .milliseconds(Int64(seconds * 1_000))
    }
    lastSuccess = value["lastSuccess"]?.instant
    nextRun = value["nextRun"]?.instant
    lastFailure = value["lastFailure"].flatMap(LastFailure.init)
    for member in value["cursors"]?.members ?? [] { lanes[member.key] = Lane(member.value) }
    identities = value["ledger"].count
    journalEntries = (value["journal"]?["entries"]).count
    journalBytes = (value["journal"]?["bytes"]).count
    for member in value["sinks"]?.members ?? [] { sinks[member.key] = SinkState(member.value) }
    quota = value["quota"].map { Quota(used: $0["used"].count, limit: $0["limit"].count) }
    openSpans = value["openSpans"].count
    gaps = (value["gaps"]?.array ?? []).compactMap(Self.gap)
    for metric in value["counters"]?.members ?? [] {
      for member in metric.value.members ?? [] { counters.add(metric.key, member.key, JSONValue?(member.value).count) }
    }
  }

  private static func json(_ gap: Schedule.Gap) -> JSONValue {
    .object([
      .init("cursor", .string(gap.cursor)), .init("from", JSONValue(gap.window.start)),
      .init("to", JSONValue(gap.window.end)),
    ])
  }

  private static func gap(_ value: JSONValue) -> Schedule.Gap? {
    guard let cursor = value["cursor"]?.string, let start = value["from"]?.instant, let end = value["to"]?.instant
    else { return nil }
    return Schedule.Gap(cursor: cursor, window: Window(start: start, end: end))
  }
}

extension PassStatus.LastFailure {
  fileprivate var json: JSONValue {
    .object(
      [
        .init("code", .string(code)), .init("exit", .number("\(exit)")), .init("sentence", .string(sentence)),
        .init("at", JSONValue(at)), .init("streak", .number("\(streak)")),
      ] + (hint.map { [.init("hint", .string($0))] } ?? []))
  }

  fileprivate init?(_ value: JSONValue) {
    guard let code = value["code"]?.string, let at = value["at"]?.instant else { return nil }
    self.init(
      code: code, exit: Int32(clamping: value["exit"].count), sentence: value["sentence"]?.string ?? "",
      hint: value["hint"]?.string, at: at, streak: value["streak"].count)
  }
}

extension PassStatus.Lane {
  fileprivate var json: JSONValue {
    .object([
      .init("cursor", JSONValue(cursor)), .init("ageSeconds", .number("\(age.components.seconds)")),
      .init("moved", JSONValue(moved)),
    ])
  }

  fileprivate init?(_ value: JSONValue) {
    guard let cursor = value["cursor"]?.instant, let moved = value["moved"]?.instant
    else { return nil }
    self.init(cursor: cursor, age: .seconds(value["ageSeconds"].count), moved: moved)
  }
}

extension PassStatus.SinkState {
  fileprivate var json: JSONValue {
    .object(
      [.init("sequence", .number("\(sequence)"))] + (failing.map { [.init("failing", .string($0))] } ?? [])
        + (lastError.map { [.init("lastError", .string($0))] } ?? []))
  }

  fileprivate init?(_ value: JSONValue) {
    guard let sequence = value["sequence"]?.integer, sequence >= 0 else { return nil }
    self.init(sequence: UInt64(sequence), failing: value["failing"]?.string, lastError: value["lastError"]?.string)
  }
}
