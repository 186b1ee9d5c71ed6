// Conditions of a Graph `$filter`: v1.0 and beta.

internal import IntakeCore

/// Values are quoted so that nothing in them can end the literal.
enum GraphFilter {
  private static let names: [QueryFilter.Field: String] = [
    .traceID: "id", .messageID: "messageId", .recipient: "recipientAddress", .sender: "senderAddress",
    .fromIP: "fromIP", .toIP: "toIP", .status: "status",
  ]

  /// Of the enumeration; anything else the service refuses or reads as something else.
  private static let statuses = [
    "gettingStatus", "pending", "failed", "delivered", "expanded", "quarantined", "filteredAsSpam", "recalled",
  ]

  static func canFilter(
    _ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest, _ version: GraphVersion
  ) -> Bool {
    switch (version, field) {
    case (.beta2021, .messageID), (.beta2021, .traceID): true
    case (.beta2021, _): false
    case (_, .status): statuses.contains { $0.lowercasedASCII == value.lowercasedASCII }
    case (_, .recipient): !value.contains("*")
    case (_, .sender): !value.dropFirst(value.hasPrefix("*@") ? 1 : 0).contains("*")
    case (.beta, .subject): test != .endsWith
    default: true
    }
  }

  /// True if a condition may name all of these: no patterns, and few enough for an address of usual length.
  static func canList(_ recipients: [String]) -> Bool {
    recipients.allSatisfy { !$0.contains("*") } && recipients.reduce(0) { $0 + $1.utf8.count } <= 1_000
  }

  static func clauses(_ terms: QueryTerms) -> [String] {
    var clauses: [String] = []
    for field in QueryFilter.Field.allCases {
      guard let value = terms.values[field] else { continue }
      if let name = names[field] {
        clauses.append("\(name) eq \(ODataLiteral.text(literal(field, value)))")
      } else {
        clauses.append("\(function(terms.subjectTest))(subject,\(ODataLiteral.text(value)))")
      }
    }
    return clauses
  }

  private static func literal(_ field: QueryFilter.Field, _ value: String) -> String {
    switch field {
    case .status: statuses.first { $0.lowercasedASCII == value.lowercasedASCII } ?? value
    case .fromIP, .toIP: IPText.canonical(value)
    case .traceID: value.lowercasedASCII
    case .messageID, .recipient, .sender, .subject: value
    }
  }

  private static func function(_ test: QueryFilter.SubjectTest) -> String {
    switch test {
    case .contains: "contains"
    case .startsWith: "startsWith"
    case .endsWith: "endsWith"
    }
  }
}
