// What goes into a statement and what comes back, as bytes: PostgreSQL's binary format, which is big-endian.

internal import IntakeCore

/// A parameter of a statement.
package enum DatabaseValue: Sendable {
  case none
  case integer(Int64)
  case text(String)
  case bytes([UInt8])
  case integers([Int64])
  case texts([String])
  case byteArrays([[UInt8]])

  /// The type's number in `pg_type`.
  var type: UInt32 {
    switch self {
    case .none: 0
    case .integer: 20
    case .text: 25
    case .bytes: 17
    case .integers: 1016
    case .texts: 1009
    case .byteArrays: 1001
    }
  }

  /// nil for NULL.
  var encoded: [UInt8]? {
    switch self {
    case .none: nil
    case .integer(let number): Self.bigEndian(number)
    case .text(let text): Array(text.utf8)
    case .bytes(let bytes): bytes
    case .integers(let numbers): Self.array(numbers.map { Self.bigEndian($0) }, of: 20)
    case .texts(let texts): Self.array(texts.map { Array($0.utf8) }, of: 25)
    case .byteArrays(let arrays): Self.array(arrays, of: 17)
    }
  }

  /// dimensions:i32 hasNulls:i32 type:u32 (count:i32 first:i32) elements × (length:i32 bytes)
  private static func array(_ elements: [[UInt8]], of type: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20 + elements.reduce(0) { $0 + $1.count + 4 })
    for word in [elements.isEmpty ? 0 : 1, 0, type] { bytes += bigEndian(word) }
    guard !elements.isEmpty else { return bytes }
    bytes += bigEndian(UInt32(clamping: elements.count)) + bigEndian(UInt32(1))
    for element in elements { bytes += bigEndian(UInt32(clamping: element.count)) + element }
    return bytes
  }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

/// The rows of an answer.
package struct DatabaseRows: Sendable {
  /// A row: its columns, nil for NULL.
  package var rows: [DatabaseRow] = []
  /// Rows that the statement has changed, where it changes any.
  package var affected = 0

  package init() {}

  package var first: DatabaseRow? { rows.first }
}

/// One row of an answer. A column that is missing, NULL or of another shape reads as nil.
package struct DatabaseRow: Sendable {
  package var columns: [[UInt8]?]

  package init(columns: [[UInt8]?]) { self.columns = columns }

  package func bytes(_ column: Int) -> [UInt8]? { columns.indices.contains(column) ? columns[column] : nil }

  package func text(_ column: Int) -> String? { bytes(column).map { String(decoding: $0, as: UTF8.self) } }

  /// Of two, four or eight bytes; a truth value is 0 or 1.
  package func integer(_ column: Int) -> Int64? {
    guard let bytes = bytes(column), [1, 2, 4, 8].contains(bytes.count), let first = bytes.first else { return nil }
    let sign: Int64 = bytes.count > 1 && first >= 0x80 ? -1 : 0
    return bytes.reduce(sign) { $0 << 8 | Int64($1) }
  }

  package func natural(_ column: Int) -> UInt64? { integer(column).flatMap { UInt64(exactly: $0) } }
}
