// For which rows delivery events are fetched, and how much of the quota that may cost.

internal import Configuration
internal import IntakeCore

/// `--details` and `--details-share`.
struct DetailsSettings: Sendable, Equatable {
  /// Canonical, as in `event.action`; empty (`none`): no details.
  var statuses: [String] = []
  /// Percent of the collector's requests.
  var share = 33

  static let known = [
    "delivered", "failed", "pending", "quarantined", "filteredAsSpam", "expanded", "gettingStatus", "recalled",
  ]

  init() {}

  /// - Parameters:
  ///   - mapping: as configured: a profile, which has a mapping for details too, and says in its events which message they
  ///     are about.
  ///   - shape: of the rows.
  init(_ reader: inout SettingReader, mapping: String, shape: String) {
    for text in reader.list(.details) ?? [] where text.lowercased() != "none" {
      guard let status = Self.known.first(where: { $0.lowercased() == text.lowercased() }) else {
        reader.note(
          "\(reader.name(.details)) contains the unknown status \(Log.clean(text, limit: 60))\(Suggestion.question(text, among: Self.known))"
        )
        continue
      }
      if !statuses.contains(status) { statuses.append(status) }
    }
    // The service is asked by the recipient's address, and a redacted event does not hold it.
    if !statuses.isEmpty, (reader.list(.redact) ?? []).contains("local-part") {
      reader.note(
        "\(reader.name(.details)) and \(reader.name(.redact)) local-part exclude each other: delivery events are asked for by the recipient's address, which the events then do not hold."
      )
    }
    share = reader.number(.detailsShare, 1...90) ?? 33
    guard !statuses.isEmpty else { return }
    if !Setting.profiles.contains(mapping) {
      reader.note(
        "\(reader.name(.details)) needs a profile: a mapping of your own has no rules for details. Use one of \(Setting.profiles.joined(separator: ", "))."
      )
    }
    if mapping == "raw", shape == "graph-2021" {
      reader.note("\(reader.name(.details)) excludes the profile raw with beta-2021: one row has many recipients.")
    }
  }
}
