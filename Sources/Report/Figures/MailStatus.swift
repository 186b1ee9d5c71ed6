// The statuses as a report shows them: few enough to distinguish, in the order in which they are stacked.

internal import IntakeCore

enum MailStatus: Int, CaseIterable {
  case delivered, expanded, pending, filteredAsSpam, quarantined, failed, other

  static let failures: [MailStatus] = [.failed, .quarantined, .filteredAsSpam]

  var label: String {
    switch self {
    case .delivered: "delivered"
    case .expanded: "expanded to a group's members"
    case .pending: "pending or getting status"
    case .filteredAsSpam: "filtered as spam"
    case .quarantined: "quarantined"
    case .failed: "failed"
    case .other: "none, recalled or unknown"
    }
  }

  /// Heading of its column.
  var shortLabel: String {
    switch self {
    case .expanded: "expanded"
    case .pending: "pending"
    case .filteredAsSpam: "spam"
    case .other: "other"
    case .delivered, .quarantined, .failed: label
    }
  }

  /// Of its color and its hatching in the style sheet.
  var style: String { "s\(rawValue)" }

  /// From `event.action`, ours (`filteredAsSpam`) or as the services spell it (`FilteredAsSpam`).
  static func named(_ span: RawSpan, _ piece: EventLine.Piece?) -> MailStatus {
    guard let piece, !piece.isEscaped else { return .other }
    for (name, status) in names where span.spells(piece.range, name) { return status }
    return .other
  }

  private static let names: [(StaticString, MailStatus)] = [
    ("delivered", .delivered), ("failed", .failed), ("pending", .pending), ("expanded", .expanded),
    ("quarantined", .quarantined), ("filteredasspam", .filteredAsSpam), ("gettingstatus", .pending),
  ]
}

enum MailDirection: Int, CaseIterable {
  case inbound, outbound, `internal`, external, unknown

  var label: String {
    switch self {
    case .inbound: "inbound"
    case .outbound: "outbound"
    case .internal: "internal"
    case .external: "external (relayed)"
    case .unknown: "unknown"
    }
  }

  /// True unless the sender is known to be the tenant's own.
  var hasOutsideSender: Bool { self != .outbound && self != .internal }
  /// True unless the recipient is known to be the tenant's own.
  var hasOutsideRecipient: Bool { self != .inbound && self != .internal }

  static func named(_ span: RawSpan, _ piece: EventLine.Piece?) -> MailDirection {
    guard let piece, !piece.isEscaped else { return .unknown }
    for (name, direction) in names where span.spells(piece.range, name) { return direction }
    return .unknown
  }

  private static let names: [(StaticString, MailDirection)] = [
    ("inbound", .inbound), ("outbound", .outbound), ("internal", .internal), ("external", .external),
  ]
}

extension RawSpan {
  /// True if the range holds these lower-case letters, in whatever case: letters only.
  func spells(_ range: Range<Int>, _ name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count {
      guard byte(range.lowerBound + offset) | 0x20 == (unsafe name.utf8Start[offset]) else { return false }
    }
    return true
  }
}
