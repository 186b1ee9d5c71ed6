// Conditions of a `$filter` of the legacy service.

internal import IntakeCore

/// Values are quoted so that nothing in them can end the literal.
enum ReportingFilter {
  private static let names: [QueryFilter.Field: String] = [
    .traceID: "MessageTraceId", .messageID: "MessageId", .recipient: "RecipientAddress", .sender: "SenderAddress",
    .fromIP: "FromIP", .toIP: "ToIP", .status: "Status",
  ]

  private static let statuses = [
    "None", "GettingStatus", "Failed", "Pending", "Delivered", "Expanded", "Quarantined", "FilteredAsSpam",
  ]

  static func canFilter(_ field: QueryFilter.Field, _ value: String) -> Bool {
    switch field {
    case .status: statuses.contains { $0.lowercasedASCII == value.lowercasedASCII }
    case .recipient, .sender: !value.contains("*")
    case .subject: false
    case .traceID, .messageID, .fromIP, .toIP: true
    }
  }

  static func clauses(_ terms: QueryTerms) -> [String] {
    var clauses: [String] = []
    for field in QueryFilter.Field.allCases {
      guard let name = names[field], let value = terms.values[field] else { continue }
      clauses.append("\(name) eq \(literal(field, value))")
    }
    return clauses
  }

  private static func literal(_ field: QueryFilter.Field, _ value: String) -> String {
    switch field {
    case .traceID: "guid" + ODataLiteral.text(value.lowercasedASCII)
    case .status: ODataLiteral.text(statuses.first { $0.lowercasedASCII == value.lowercasedASCII } ?? value)
    case .fromIP, .toIP: ODataLiteral.text(IPText.canonical(value))
    case .messageID, .recipient, .sender, .subject: ODataLiteral.text(value)
    }
  }
}
