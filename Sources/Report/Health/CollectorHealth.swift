// The state of a collector, read from the output of `status --format json`; a missing member is left out.

internal import IntakeCore

struct CollectorHealth {
  struct Cursor {
    var name: String
    var at: Instant
  }

  struct SinkHealth {
    var name: String
    /// Code of the failure that keeps it behind.
    var failing: String?
  }

  struct Trouble {
    var sentence: String
    var hint: String?
    var at: Instant?
    /// Passes that failed in a row; 0 once one has gone well.
    var streak: Int
  }

  var name: String
  var outcome: String
  var lag: Duration?
  var cursors: [Cursor] = []
  var lastPass: Instant?
  var lastSuccess: Instant?
  var trouble: Trouble?
  var identities: Int?
  var journal: (entries: Int, bytes: Int)?
  var quota: (used: Int, limit: Int)?
  var sinks: [SinkHealth] = []
  var gaps: [(cursor: String, from: String, to: String)] = []

  init(_ value: JSONValue) {
    let status = value["status"]
    let titles = [status?["tenant"]?.string, value["playbook"]?.string, value["state"]?.string]
    name = titles.compactMap { $0 }.first { !$0.isEmpty } ?? "collector"
    outcome = value["outcome"]?.string ?? "unknown"
    lag = value["lagSeconds"]?.integer.map { .seconds(max(0, $0)) }
    cursors = (value["cursorsNow"]?.members ?? []).compactMap { member in
      Self.instant(member.value).map { Cursor(name: member.key, at: $0) }
    }
    lastPass = Self.instant(status?["lastPass"])
    lastSuccess = Self.instant(status?["lastSuccess"])
    trouble = status?["lastFailure"].flatMap(Trouble.init)
    identities = Self.count(status?["ledger"])
    journal = Self.pair(status?["journal"], "entries", "bytes").map { ($0, $1) }
    quota = Self.pair(status?["quota"], "used", "limit").map { ($0, $1) }
    sinks = (status?["sinks"]?.members ?? []).map { SinkHealth(name: $0.key, failing: $0.value["failing"]?.string) }
    gaps = (status?["gaps"]?.array ?? []).map { gap in
      (gap["cursor"]?.string ?? "", gap["from"]?.string ?? "", gap["to"]?.string ?? "")
    }
  }

  var isWell: Bool { outcome == "ok" && !sinks.contains { $0.failing != nil } }

  fileprivate static func instant(_ value: JSONValue?) -> Instant? { value?.string.flatMap(Timestamp.parse) }

  fileprivate static func count(_ value: JSONValue?) -> Int? { value?.integer.map { max(0, Int(clamping: $0)) } }

  private static func pair(_ value: JSONValue?, _ first: String, _ second: String) -> (Int, Int)? {
    guard let left = count(value?[first]), let right = count(value?[second]) else { return nil }
    return (left, right)
  }
}

extension CollectorHealth.Trouble {
  fileprivate init?(_ value: JSONValue) {
    guard let sentence = value["sentence"]?.string else { return nil }
    self.init(
      sentence: sentence, hint: value["hint"]?.string, at: CollectorHealth.instant(value["at"]),
      streak: CollectorHealth.count(value["streak"]) ?? 0)
  }
}
