// What other programs call a command or an option of ours: what an error suggests.

internal import Configuration

/// Names that people bring along, from PowerShell, `journalctl` or another command of ours.
enum FamiliarName {
  /// The commands that `typed` may mean: a cmdlet's counterpart, or the commands that know it as their verb.
  static func commands(_ typed: String) -> [String] {
    switch typed.lowercased() {
    case "get-messagetrace", "get-messagetracev2", "search", "find": ["query"]
    case "get-messagetracedetail", "get-messagetracedetailv2": ["details"]
    case "start", "daemon": ["run"]
    case let verb: Command.all.filter { $0.operands.verbs.contains(verb) }.map { "\($0.name) \(verb)" }
    }
  }

  /// The options of `command` that `typed` may mean, without dashes.
  static func options(_ typed: String, of command: Command) -> [String] {
    let known = Set(command.settings.map(\.rawValue) + command.options.map(\.rawValue))
    return (meanings[typed.lowercased()] ?? []).filter(known.contains)
  }

  private static let meanings = [
    "from": ["sender-address", "start-date", "since"], "to": ["recipient-address", "end-date"],
    "since": ["start-date", "from"], "until": ["end-date", "to"], "start-date": ["from", "since"], "end-date": ["to"],
    "starting": ["start-date"], "limit": ["result-size"], "top": ["result-size"],
    "id": ["message-trace-id", "message-id"],
    "timezone": ["tz"], "time-zone": ["tz"], "verbose": ["log-level"], "debug": ["log-level"], "quiet": ["log-level"],
    "output": ["sink"], "out": ["sink"], "interval": ["every"], "secret-file": ["client-secret-file"],
  ]
}
