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

  /// What cron cannot give the program, one sentence each: it has not the environment of the shell that prints the line.
  package static func doubts(_ layer: SettingLayer) -> [String] {
    layer.values.keys.filter(\.isSecret).sorted { $0.rawValue < $1.rawValue }.compactMap { setting in
      guard let reference = layer[setting]?.last, reference.hasPrefix("env:"), let key = setting.playbookPath else {
        return nil
      }
      let name = reference.dropFirst("env:".utf8.count)
      return
        "\(key) is taken from the variable \(Log.clean(String(name), limit: 100)), which cron does not have: name a file, { \"file\": PATH }, or set the variable in the crontab."
    }
  }

  /// For the shell, and for cron, which takes a bare `%` as a line break.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x2D <= 12 || $0 == 0x5F }
    return plain ? text : "'\(text.replacing("'", "'\\''").replacing("%", "\\%"))'"
  }
}
