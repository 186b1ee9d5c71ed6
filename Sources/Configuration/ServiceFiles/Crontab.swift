// A line for crontab. Source: crontab(5).

internal import IntakeCore

package enum Crontab {
  /// One line; `every` in whole minutes, cron's smallest unit.
  package static func text(_ place: UnitParameters) -> String {
    let call = [place.binary, "collect", place.playbook].map(quoted).joined(separator: " ")
    return "\(schedule(place.every)) \(call)\n"
  }

  /// The five fields.
  static func schedule(_ every: Duration) -> String {
    let minutes = max(1, min(59, every.components.seconds / 60))
    return minutes == 1 ? "* * * * *" : "*/\(minutes) * * * *"
  }

  /// For the shell, and for cron, which takes a bare `%` as a line break.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x2D <= 12 || $0 == 0x5F }
    return plain ? text : "'\(text.replacing("'", "'\\''").replacing("%", "\\%"))'"
  }
}
