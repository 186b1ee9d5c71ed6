// The spellings that the status file and the progress of a backfill share.

internal import IntakeCore

extension JSONValue {
  init(_ instant: Instant) { self = .string(Timestamp.text(instant)) }

  /// An object with its keys in order.
  static func object<Value>(_ values: [String: Value], _ json: (Value) -> JSONValue) -> JSONValue {
    .object(values.sorted { $0.key < $1.key }.map { Member($0.key, json($0.value)) })
  }

  var instant: Instant? { string.flatMap(Timestamp.parse) }
}

extension JSONValue? {
  /// A number from 0; 0 for anything else.
  var count: Int { max(0, Int(clamping: self?.integer ?? 0)) }
}
