// The id of an event in any profile.

internal import IntakeCore

enum EventID {
  private static let names = ["event.id", "event_id", "metadata.product_log_id"]

  /// nil for a line that is no event of a profile.
  static func of(_ line: String) -> String? {
    guard let event = try? JSONValue(parsing: Array(line.utf8)) else { return nil }
    return names.lazy.compactMap { event[$0]?.string }.first ?? event["metadata"]?["product_log_id"]?.string
  }

  /// True for a delivery event.
  static func isDetail(_ line: String) -> Bool { line.contains(#"message_trace_detail""#) }
}
