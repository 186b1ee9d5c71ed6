// Columns of CSV exports under the names that the legacy service gives them.

internal import IntakeCore

enum ExportColumns {
  static let recipientStatus = "recipient_status"
  static let directionality = "directionality"
  /// Columns whose text is a time.
  static let dates: Set<String> = ["Received", "Date", "StartDate", "EndDate"]

  private static let known = [
    "Organization", "MessageId", "Received", "SenderAddress", "RecipientAddress", "Subject", "Status", "ToIP", "FromIP",
    "Size", "MessageTraceId", "StartDate", "EndDate", "Index", "Date", "Event", "Action", "Detail", "Data",
  ]

  /// Of a historical search's summary.
  private static let historical = [
    "origin_timestamp_utc": "Received", "sender_address": "SenderAddress", "message_subject": "Subject",
    "total_bytes": "Size", "message_id": "MessageId", "network_message_id": "MessageTraceId",
    "original_client_ip": "FromIP", "recipient_status": recipientStatus, "recipient_address": "RecipientAddress",
    "directionality": directionality,
  ]

  private static let byLowerCase: [String: String] = historical.merging(
    known.map { (ASCII.lowerCased($0), $0) }, uniquingKeysWith: { $1 })

  /// The known spelling of a column, or its own; spaces around it and case do not matter.
  static func canonical(_ name: String) -> String {
    let trimmed = String(
      decoding: name.utf8.drop { $0 <= .space }.reversed().drop { $0 <= .space }.reversed(), as: UTF8.self)
    return byLowerCase[ASCII.lowerCased(trimmed).replacingSpaces] ?? trimmed
  }

  /// The mapping that fits, nil for columns that are not of message traces.
  static func mapping(_ columns: [String]) -> String? {
    if columns.contains(recipientStatus) { return "reporting" }
    return RowShape.mapping(Set(columns.map { ASCII.lowerCased($0) }))
  }

  /// The parts of `address##status;address##status`.
  static func recipients(_ cell: [UInt8]) -> [(address: [UInt8], status: [UInt8])] {
    cell.split(separator: UInt8(ascii: ";")).map { part in
      let part = Array(part.drop { $0 <= .space })
      guard let mark = part.indices.first(where: { part[$0...].starts(with: Array("##".utf8)) }) else {
        return (part, [])
      }
      return (Array(part[..<mark]), HistoricalStatus.status(Array(part[(mark + 2)...])))
    }
  }
}

extension String {
  /// `Sender address` is meant as `SenderAddress`.
  fileprivate var replacingSpaces: String { String(decoding: utf8.filter { $0 != .space }, as: UTF8.self) }
}
