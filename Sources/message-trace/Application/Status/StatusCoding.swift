// The status as JSON: what `status --format json` prints and what the status file holds.

internal import Configuration
internal import IntakeCore
internal import Trigger

extension PassStatus {
  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("v", .number("1")), .init("tenant", .string(tenant)), .init("mode", .string(mode)),
      .init("lastPass", Self.json(lastPass)), .init("seconds", .number("\(Double(elapsed.ticks / 10_000) / 1_000)")),
    ]
    if let lastSuccess { members.append(.init("lastSuccess", Self.json(lastSuccess))) }
    if let nextRun { members.append(.init("nextRun", Self.json(nextRun))) }
    if let lastFailure { members.append(.init("lastFailure", lastFailure.json)) }
    members.append(.init("cursors", Self.object(lanes) { $0.json }))
    members.append(.init("ledger", .number("\(identities)")))
    members.append(
      .init(
        "journal",
        .object([.init("entries", .number("\(journalEntries)")), .init("bytes", .number("\(journalBytes)"))])))
    members.append(.init("sinks", Self.object(sinks) { $0.json }))
    if let quota {
      members.append(
        .init("quota", .object([.init("used", .number("\(quota.used)")), .init("limit", .number("\(quota.limit)"))])))
    }
    members.append(.init("gaps", .array(gaps.map(Self.json))))
    members.append(
      .init("counters", Self.object(counters) { values in Self.object(values) { .number("\($0)") } }))
    return .object(members)
  }

  /// nil for anything that is not a status: it is then made anew, which costs its counters and nothing else.
  init?(_ value: JSONValue) {
    guard value["v"]?.integer == 1, let lastPass = Self.instant(value["lastPass"]) else { return nil }
    self.init(lastPass: lastPass)
    tenant = value["tenant"]?.string ?? ""
    mode = value["mode"]?.string ?? ""
    if case .number(let text)? = value["seconds"], let seconds = Double(text), seconds >= 0, seconds < 1e8 {
      elapsed = .milliseconds(Int64(seconds * 1_000))
    }
    lastSuccess = Self.instant(value["lastSuccess"])
    nextRun = Self.instant(value["nextRun"])
    lastFailure = value["lastFailure"].flatMap(LastFailure.init)
    for member in value["cursors"]?.members ?? [] { lanes[member.key] = Lane(member.value) }
    identities = Self.count(value["ledger"])
    journalEntries = Self.count(value["journal"]?["entries"])
    journalBytes = Self.count(value["journal"]?["bytes"])
    for member in value["sinks"]?.members ?? [] { sinks[member.key] = SinkState(member.value) }
    quota = value["quota"].map { Quota(used: Self.count($0["used"]), limit: Self.count($0["limit"])) }
    gaps = (value["gaps"]?.array ?? []).compactMap(Self.gap)
    for metric in value["counters"]?.members ?? [] {
      for member in metric.value.members ?? [] { counters.add(metric.key, member.key, Self.count(member.value)) }
    }
  }

  static func json(_ instant: Instant) -> JSONValue { .string(Timestamp.text(instant)) }
  static func instant(_ value: JSONValue?) -> Instant? { value?.string.flatMap(Timestamp.parse) }
  static func count(_ value: JSONValue?) -> Int { max(0, Int(clamping: value?.integer ?? 0)) }

  static func object<Value>(_ values: [String: Value], _ json: (Value) -> JSONValue) -> JSONValue {
    .object(values.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, json($0.value)) })
  }

  private static func json(_ gap: Schedule.Gap) -> JSONValue {
    .object([
      .init("cursor", .string(gap.cursor)), .init("from", json(gap.window.start)), .init("to", json(gap.window.end)),
    ])
  }

  private static func gap(_ value: JSONValue) -> Schedule.Gap? {
    guard let cursor = value["cursor"]?.string, let start = instant(value["from"]), let end = instant(value["to"])
    else { return nil }
    return Schedule.Gap(cursor: cursor, window: Window(start: start, end: end))
  }
}

extension PassStatus.LastFailure {
  fileprivate var json: JSONValue {
    .object(
      [
        .init("code", .string(code)), .init("exit", .number("\(exit)")), .init("sentence", .string(sentence)),
        .init("at", PassStatus.json(at)), .init("streak", .number("\(streak)")),
      ] + (hint.map { [.init("hint", .string($0))] } ?? []))
  }

  fileprivate init?(_ value: JSONValue) {
    guard let code = value["code"]?.string, let at = PassStatus.instant(value["at"]) else { return nil }
    self.init(
      code: code, exit: Int32(clamping: PassStatus.count(value["exit"])), sentence: value["sentence"]?.string ?? "",
      hint: value["hint"]?.string, at: at, streak: PassStatus.count(value["streak"]))
  }
}

extension PassStatus.Lane {
  fileprivate var json: JSONValue {
    .object([
      .init("cursor", PassStatus.json(cursor)), .init("ageSeconds", .number("\(age.components.seconds)")),
      .init("moved", PassStatus.json(moved)),
    ])
  }

  fileprivate init?(_ value: JSONValue) {
    guard let cursor = PassStatus.instant(value["cursor"]), let moved = PassStatus.instant(value["moved"])
    else { return nil }
    self.init(cursor: cursor, age: .seconds(PassStatus.count(value["ageSeconds"])), moved: moved)
  }
}

extension PassStatus.SinkState {
  fileprivate var json: JSONValue {
    .object(
      [.init("sequence", .number("\(sequence)"))] + (failing.map { [.init("failing", .string($0))] } ?? []))
  }

  fileprivate init?(_ value: JSONValue) {
    guard let sequence = value["sequence"]?.integer, sequence >= 0 else { return nil }
    self.init(sequence: UInt64(sequence), failing: value["failing"]?.string)
  }
}
