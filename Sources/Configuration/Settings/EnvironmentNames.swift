// Variables that look like settings and are none: a mistyped one would be ignored without a word.

internal import IntakeCore

package enum EnvironmentNames {
  private static let prefix = "MESSAGE_TRACE_"

  /// The variables of HTTP and Kafka sinks, which hold a secret each.
  private static let sinkSecrets = [
    "SPLUNK_TOKEN", "ELASTIC_API_KEY", "SEKOIA_INTAKE_KEY", "SENTINEL_CLIENT_SECRET", "HTTPS_TOKEN", "KAFKA_PASSWORD",
  ]

  /// Variables of the tests and benchmarks, which may be set in the shell of who works on the program.
  private static let developers = ["FAULTS", "FUZZ", "GOLDEN", "SYSLOG", "WEEK", "HOSTILE"]

  /// One sentence for each variable that begins like a setting and is none, with the nearest name.
  /// - Parameter layers: the settings, whose secrets may come from variables of any name.
  package static func warnings(_ environment: [String: String], layers: [SettingLayer]) -> [String] {
    let settings = Setting.allCases.flatMap { [$0.environmentName] + ($0.secretEnvironmentName.map { [$0] } ?? []) }
    let others = (sinkSecrets + developers).map { prefix + $0 }
    let values = layers.flatMap { $0.values.values.joined() }
    let referenced = values.filter { $0.hasPrefix("env:") }.map { String($0.dropFirst(4)) }
    let known = Set(settings + others + referenced)
    return environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) }.sorted().prefix(20).map { name in
      // Without what all names begin with, which would make any two of them near.
      let near = Suggestion.question(
        String(name.dropFirst(prefix.utf8.count)), among: settings.map { String($0.dropFirst(prefix.utf8.count)) })
      let question = near == "." ? near : near.replacingOccurrence(of: "did you mean ", by: "did you mean \(prefix)")
      return "The environment variable \(Log.clean(name, limit: 80)) is no setting and is ignored\(question)"
    }
  }
}

extension String {
  fileprivate func replacingOccurrence(of old: String, by new: String) -> String {
    guard let range = ranges(of: old).first else { return self }
    return self[..<range.lowerBound] + new + self[range.upperBound...]
  }
}
