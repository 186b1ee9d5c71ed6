// Questions in the words of each service: OData filters, values quoted so that nothing in them can end them.

internal import IntakeCore

/// Conditions of one `$filter`, beside its window.
enum QueryClause {
  // MARK: Graph, v1.0 and beta

  private static let graphNames: [QueryFilter.Field: String] = [
    .traceID: "id", .messageID: "messageId", .recipient: "recipientAddress", .sender: "senderAddress",
    .fromIP: "fromIP", .toIP: "toIP", .status: "status",
  ]

  /// Of the enumeration; anything else the service refuses or reads as something else.
  private static let graphStatuses = [
    "gettingStatus", "pending", "failed", "delivered", "expanded", "quarantined", "filteredAsSpam", "recalled",
  ]

  static func graphCanAsk(
    _ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest, _ version: GraphVersion
  ) -> Bool {
    switch (version, field) {
    case (.beta2021, .messageID), (.beta2021, .traceID): true
    case (.beta2021, _): false
    case (_, .status): graphStatuses.contains { $0.lowercasedASCII == value.lowercasedASCII }
    case (_, .recipient): !value.contains("*")
    case (_, .sender): !value.dropFirst(value.hasPrefix("*@") ? 1 : 0).contains("*")
    case (.beta, .subject): test != .endsWith
    default: true
    }
  }

  static func graph(_ terms: QueryTerms) -> [String] {
    var clauses: [String] = []
    for field in QueryFilter.Field.allCases {
      guard let value = terms.values[field] else { continue }
      if let name = graphNames[field] {
        clauses.append("\(name) eq \(ODataLiteral.text(graphValue(field, value)))")
      } else {
        clauses.append("\(function(terms.subjectTest))(subject,\(ODataLiteral.text(value)))")
      }
    }
    return clauses
  }

  private static func graphValue(_ field: QueryFilter.Field, _ value: String) -> String {
    switch field {
    case .status: graphStatuses.first { $0.lowercasedASCII == value.lowercasedASCII } ?? value
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

  // MARK: the legacy service

  private static let reportingNames: [QueryFilter.Field: String] = [
    .traceID: "MessageTraceId", .messageID: "MessageId", .recipient: "RecipientAddress", .sender: "SenderAddress",
    .fromIP: "FromIP", .toIP: "ToIP", .status: "Status",
  ]

  private static let reportingStatuses = [
    "None", "GettingStatus", "Failed", "Pending", "Delivered", "Expanded", "Quarantined", "FilteredAsSpam",
  ]

  static func reportingCanAsk(_ field: QueryFilter.Field, _ value: String) -> Bool {
    switch field {
    case .status: reportingStatuses.contains { $0.lowercasedASCII == value.lowercasedASCII }
    case .recipient, .sender: !value.contains("*")
    case .subject: false
    case .traceID, .messageID, .fromIP, .toIP: true
    }
  }

  static func reporting(_ terms: QueryTerms) -> [String] {
    var clauses: [String] = []
    for field in QueryFilter.Field.allCases {
      guard let name = reportingNames[field], let value = terms.values[field] else { continue }
      clauses.append("\(name) eq \(reportingValue(field, value))")
    }
    return clauses
  }

  private static func reportingValue(_ field: QueryFilter.Field, _ value: String) -> String {
    switch field {
    case .traceID: "guid" + ODataLiteral.text(value.lowercasedASCII)
    case .status: ODataLiteral.text(reportingStatuses.first { $0.lowercasedASCII == value.lowercasedASCII } ?? value)
    case .fromIP, .toIP: ODataLiteral.text(IPText.canonical(value))
    case .messageID, .recipient, .sender, .subject: ODataLiteral.text(value)
    }
  }
}
