// The time zone in which `query` and `details` read and show times. Everything else of the program is UTC.

internal import Glibc
internal import IntakeCore

/// UTC, or the zone of the process, which `--tz` sets.
struct LocalZone: Sendable, Equatable {
  let isUTC: Bool

  static let utc = LocalZone(isUTC: true)
  static let ofProcess = LocalZone(isUTC: false)

  /// Makes a zone that of the process: call it before the first request, while the process has one thread of its own.
  /// - Parameter name: `utc`, `local`, or a name of the host's database, such as `Europe/Paris`.
  /// - Returns: nil if the host does not know it.
  static func choose(_ name: String, environment: [String: String]) -> LocalZone? {
    switch name.lowercased() {
    case "utc", "z": return .utc
    case "local": break
    default:
      guard isKnown(name, in: environment["TZDIR"] ?? "/usr/share/zoneinfo") else { return nil }
      guard unsafe setenv("TZ", name, 1) == 0 else { return nil }
    }
    tzset()
    return .ofProcess
  }

  /// Seconds ahead of UTC at an instant.
  func offset(_ instant: Instant) -> Int64 { isUTC ? 0 : Self.local(instant).offset }

  /// `2026-03-02 08:15:07`, in a zone of its own followed by the zone's short name at that instant: `… 10:15:07 CEST`.
  func shortTime(_ instant: Instant) -> String { text(instant, digits: 19) }

  /// As `shortTime`, with milliseconds.
  func exactTime(_ instant: Instant) -> String { text(instant, digits: 23) }

  private func text(_ instant: Instant, digits: Int) -> String {
    let local = Timestamp.text(instant + .seconds(offset(instant))).prefix(digits)
    let time = local.split(separator: "T").joined(separator: " ")
    return isUTC ? time : "\(time) \(Self.local(instant).name)"
  }

  /// Seconds ahead of UTC and the zone's short name at an instant. Source: localtime_r(3), tm(3).
  private static func local(_ instant: Instant) -> (offset: Int64, name: String) {
    var seconds = time_t(instant.representableTicks / Instant.perSecond)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil, let name = unsafe parts.tm_zone else { return (0, "UTC") }
    return unsafe (Int64(parts.tm_gmtoff), String(cString: name))
  }

  /// Only a file of the database is a zone: the C library takes any other text for UTC without a word.
  private static func isKnown(_ name: String, in folder: String) -> Bool {
    let isPath = name.hasPrefix("/") || name.split(separator: "/").contains("..")
    var status = stat()
    guard !name.isEmpty, !isPath, unsafe stat("\(folder)/\(name)", &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFREG
  }
}
