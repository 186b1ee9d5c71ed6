// What a search may ask for beside its window, in the words of both services.

internal import IntakeCore

/// Conditions on traces; all that are set must hold. Both services know only equality here, and Graph ignores `or`.
package struct TraceFilter: Sendable, Equatable {
  package var sender: String?
  package var recipient: String?
  /// In either spelling: `Delivered` or `delivered`.
  package var status: String?
  /// With its angle brackets.
  package var messageID: String?
  /// A GUID.
  package var traceID: String?
  /// A part of the subject; Graph only.
  package var subject: String?
  package var fromIP: String?
  package var toIP: String?

  package init(
    sender: String? = nil, recipient: String? = nil, status: String? = nil, messageID: String? = nil,
    traceID: String? = nil, subject: String? = nil, fromIP: String? = nil, toIP: String? = nil
  ) {
    self.sender = sender
    self.recipient = recipient
    self.status = status
    self.messageID = messageID
    self.traceID = traceID
    self.subject = subject
    self.fromIP = fromIP
    self.toIP = toIP
  }

  /// Graph's conditions, not yet percent-encoded.
  func graphConditions() throws(Failure) -> [String] {
    var conditions: [String] = []
    if let traceID { conditions.append("id eq \(ODataLiteral.text(try ODataLiteral.traceID(traceID)))") }
    let equal = [
      ("messageId", messageID), ("senderAddress", sender), ("recipientAddress", recipient),
      ("status", status.map { ODataLiteral.firstLetter($0, upper: false) }), ("fromIP", fromIP), ("toIP", toIP),
    ]
    conditions += Self.equal(equal)
    if let subject { conditions.append("contains(subject,\(ODataLiteral.text(subject)))") }
    return conditions
  }

  /// The legacy service's conditions, not yet percent-encoded.
  func reportingConditions() throws(Failure) -> [String] {
    guard subject == nil else {
      throw Failure(
        "search.subject", exit: .usage, "Searching message traces: the reporting service cannot search by subject.",
        hint: "Leave the subject out, or set the mode to graph.")
    }
    var conditions: [String] = []
    if let traceID {
      conditions.append("MessageTraceId eq guid\(ODataLiteral.text(try ODataLiteral.traceID(traceID)))")
    }
    let equal = [
      ("MessageId", messageID), ("SenderAddress", sender), ("RecipientAddress", recipient),
      ("Status", status.map { ODataLiteral.firstLetter($0, upper: true) }), ("FromIP", fromIP), ("ToIP", toIP),
    ]
    return conditions + Self.equal(equal)
  }

  private static func equal(_ pairs: [(String, String?)]) -> [String] {
    pairs.compactMap { name, value in value.map { "\(name) eq \(ODataLiteral.text($0))" } }
  }
}

/// Values as they stand in a filter. OData 4.01 ABNF, "primitiveLiteral".
enum ODataLiteral {
  /// In apostrophes, those within doubled.
  static func text(_ value: String) -> String {
    "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  static func firstLetter(_ text: String, upper: Bool) -> String {
    let first = text.prefix(1)
    return (upper ? first.uppercased() : first.lowercased()) + text.dropFirst()
  }

  /// A trace id is a GUID; anything else does not go into a filter or a path.
  static func traceID(_ text: String) throws(Failure) -> String {
    guard isTraceID(text) else {
      throw Failure(
        "search.trace_id", exit: .usage, "Searching message traces: the trace id is not a GUID.",
        hint: "Give the value of email.local_id, such as 4d68a1db-9375-4ae8-1f6f-08dad1cb7978.")
    }
    return text
  }

  static func isTraceID(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...64).contains(bytes.count)
      && bytes.allSatisfy { byte in
        byte &- 0x30 <= 9 || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
      }
  }
}
