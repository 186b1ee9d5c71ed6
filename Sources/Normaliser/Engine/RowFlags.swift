// Anomalies of a row, one bit each; the set bits become `tags`. mappings/fields.json describes them.

internal import IntakeCore

/// The tags of one event.
struct RowFlags: OptionSet, Sendable {
  let rawValue: UInt32

  static let duplicateKey = RowFlags(rawValue: 1 << 0)
  static let invalidUTF8 = RowFlags(rawValue: 1 << 1)
  static let loneSurrogate = RowFlags(rawValue: 1 << 2)
  static let controlCharacter = RowFlags(rawValue: 1 << 3)
  static let truncated = RowFlags(rawValue: 1 << 4)
  static let wrongType = RowFlags(rawValue: 1 << 5)
  static let weakIdentity = RowFlags(rawValue: 1 << 6)
  static let noTimestamp = RowFlags(rawValue: 1 << 7)
  static let invalidTimestamp = RowFlags(rawValue: 1 << 8)
  static let dateRange = RowFlags(rawValue: 1 << 9)
  static let futureTimestamp = RowFlags(rawValue: 1 << 10)
  static let invalidIP = RowFlags(rawValue: 1 << 11)
  static let invalidNumber = RowFlags(rawValue: 1 << 12)
  static let numberRange = RowFlags(rawValue: 1 << 13)
  static let addressList = RowFlags(rawValue: 1 << 14)
  static let invalidXML = RowFlags(rawValue: 1 << 15)

  /// By bit; all that an event may carry beside `message-trace`.
  static let names = [
    "duplicate_key", "invalid_utf8", "lone_surrogate", "control_character", "truncated", "wrong_type", "weak_identity",
    "no_timestamp", "invalid_timestamp", "date_range", "future_timestamp", "invalid_ip", "invalid_number",
    "number_range", "address_list", "invalid_xml",
  ]
}

/// Why a row leaves as a `pipeline_error`.
enum RowFault: Error, Sendable, Equatable {
  case json(JSONFault.StaticReason, offset: Int)
  case notAnObject, list, empty, notObjects, identityType, tooLarge, tooManyColumns

  /// The text of `error.message`: one sentence without any of the row's content.
  var sentence: String {
    switch self {
    case .json(let reason, let offset): "The row is not valid JSON: \(reason.rawValue), at byte \(offset) of the row."
    case .notAnObject: "The row is not a JSON object."
    case .list:
      "The row is a list of values, such as a CSV record with more cells than the header or an unclosed quote."
    case .empty: "The row is an object without columns."
    case .notObjects: "The row's recipients are not JSON objects."
    case .identityType: "The row's trace id, recipient or status is not a string."
    case .tooLarge: "The row is larger than 1 MiB."
    case .tooManyColumns: "The row has more than 256 unknown columns."
    }
  }
}
