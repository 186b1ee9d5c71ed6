// The columns of the table that `query` prints.

internal import Collector
internal import IntakeCore

enum QueryColumn: String, CaseIterable, Sendable {
  case received, status, sender, recipient, subject, size
  case fromIP = "from-ip"
  case toIP = "to-ip"
  case traceID = "trace-id"
  case messageID = "message-id"

  /// Those of a table that is fitted to a terminal; the Message-ID is shown where it is asked for.
  static let usual = allCases.filter { $0 != .messageID }

  /// The column of a name: ours, the table's own heading, or the cmdlet's; in any case, with or without hyphens.
  static func named(_ text: String) -> QueryColumn? {
    let bare = text.lowercased().filter { $0 != "-" && $0 != " " && $0 != "_" }
    return allCases.first { $0.names.contains(bare) }
  }

  private var names: [String] {
    switch self {
    case .received: ["received", "date", "time"]
    case .sender: ["sender", "senderaddress", "from"]
    case .recipient: ["recipient", "recipientaddress", "to"]
    case .traceID: ["traceid", "messagetraceid"]
    case .status, .subject, .size, .fromIP, .toIP, .messageID: [rawValue.filter { $0 != "-" }]
    }
  }

  func title(_ zone: LocalZone) -> String {
    switch self {
    case .received: zone.isUTC ? "RECEIVED (UTC)" : "RECEIVED"
    case .fromIP: "FROM IP"
    case .toIP: "TO IP"
    case .traceID: "MESSAGE TRACE ID"
    case .messageID: "MESSAGE ID"
    case .status, .sender, .recipient, .subject, .size: rawValue.uppercased()
    }
  }

  /// The width of a terminal from which the column is shown.
  var needs: Int {
    switch self {
    case .traceID: 110
    case .size: 150
    case .fromIP: 180
    case .toIP: 200
    case .received, .status, .sender, .recipient, .subject, .messageID: 0
    }
  }

  /// The width down to which it may be truncated; nil if it may not.
  var least: Int? {
    switch self {
    case .sender, .subject: 8
    case .recipient: 9
    case .received, .status, .size, .fromIP, .toIP, .traceID, .messageID: nil
    }
  }

  func value(_ row: QueryRow, _ zone: LocalZone) -> String {
    switch self {
    case .received: row.received.map(zone.shortTime) ?? ""
    case .status: row.status
    case .sender: row.sender
    case .recipient: row.recipient
    case .subject: row.subject
    case .size: row.size
    case .fromIP: row.fromIP
    case .toIP: row.toIP
    case .traceID: row.traceID
    case .messageID: row.messageID
    }
  }
}
