// Values as they stand in filters and paths, so that nothing in them can end them.

internal import IntakeCore

/// Values as they stand in a filter. OData 4.01 ABNF, "primitiveLiteral".
enum ODataLiteral {
  /// In apostrophes, those within doubled.
  static func text(_ value: String) -> String {
    "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// A trace id: 1 to 64 letters, digits and hyphens. Anything else does not go into a filter or a path.
  static func traceID(_ text: String) throws(Failure) -> String {
    guard isTraceID(text) else {
      throw Failure(
        .badTraceIdentifier, exit: .usage,
        "Searching message traces: the trace id is not made of letters, digits and hyphens.",
        hint: "Use the value of email.local_id, such as 4d68a1db-9375-4ae8-1f6f-08dad1cb7978.")
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
