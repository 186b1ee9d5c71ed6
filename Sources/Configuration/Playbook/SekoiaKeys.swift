// The keys of Sekoia.io's own connector for message traces, answered with ours and the unit: its users bring them along.
// Source: SEKOIA-IO/automation-library, Office365/connector_office365_messagetrace*.json.

internal import IntakeCore

enum SekoiaKeys {
  private struct Key {
    var name: String
    var ours: String
    /// Of its number: the unit in words, and as our durations have it.
    var unit: (word: String, suffix: String)?
  }

  private static let keys = [
    Key(name: "frequency", ours: "trigger.every", unit: ("seconds", "s")),
    Key(name: "timedelta", ours: "trigger.lag", unit: ("minutes", "m")),
    Key(name: "start_time", ours: "trigger.since", unit: ("hours", "h")),
    Key(name: "account_name", ours: "source.username"),
    Key(name: "account_password", ours: "source.password, a reference: { \"file\": \"PATH\" }"),
    Key(name: "tenant_id", ours: "source.tenant"),
    Key(name: "intake_key", ours: "part of a sink: { \"to\": \"sekoia://HOST\", \"token\": { \"file\": \"PATH\" } }"),
    Key(name: "intake_server", ours: "part of a sink: \"sinks\": [\"sekoia://HOST\"]"),
    Key(name: "chunk_size", ours: "an option of a sink: \"sekoia://HOST?batch-events=N\""),
  ]

  /// What to write instead of a member that this program does not know; nil for one that is not Sekoia's either, and for
  /// those whose spelling alone differs (client_id). Values of
  /// secrets are not repeated.
  static func answer(to member: JSONValue.Member) -> String? {
    guard let key = keys.first(where: { $0.name == member.key }) else { return nil }
    return "\(key.name) is a key of Sekoia's connector; here it is \(key.ours)\(spelled(member.value, key))"
  }

  /// The number with its unit, as a duration of ours.
  private static func spelled(_ value: JSONValue, _ key: Key) -> String {
    guard let unit = key.unit else { return "" }
    guard let number = value.integer, number >= 0 else {
      return ", with the unit: 60 \(unit.word) are \"60\(unit.suffix)\""
    }
    return ": \"\(number)\(unit.suffix)\" (\(number) \(unit.word))"
  }
}
