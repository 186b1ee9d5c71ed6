// Truncated values and other anomalies of a row, as the event reports them: length and hash of each truncated value.

internal import IntakeCore

/// A value that was too long for the event.
struct TruncatedValue {
  /// Its slot; nil for other columns and the original.
  var slot: Int?
  /// Its column in snake case; `original` for the row itself.
  var column: [UInt8]
  /// Bytes of the whole value, escapes resolved.
  var length: Int
  /// SHA-256 over these bytes.
  var digest: [UInt8]

  init(slot: Int? = nil, column: [UInt8], whole: [UInt8]) {
    self.slot = slot
    self.column = column
    length = whole.count
    digest = SHA256.digest(whole)
  }
}

/// Anomalies of a row: flags for its tags, and its truncated values.
struct RowDiagnostics {
  var flags: RowFlags = []
  var cuts: [TruncatedValue] = []

  mutating func cut(_ value: TruncatedValue) {
    flags.insert(.truncated)
    cuts.append(value)
  }
}

extension LineWriter {
  /// One property of each cut value as a list, in the order of the others.
  mutating func append(_ cuts: [TruncatedValue], _ given: Given) {
    append(UInt8(ascii: "["))
    for cut in cuts {
      switch given {
      case .cutColumns: appendEscaped(unsafe cut.column.span.bytes, 0, cut.column.count)
      case .cutLengths: appendDigits(cut.length)
      default: appendHex(cut.digest)
      }
      append(.comma)
    }
    replaceLast(with: UInt8(ascii: "]"))
  }

  private mutating func appendDigits(_ number: Int) {
    let digits = Array(String(number).utf8)
    append(unsafe digits.span.bytes, 0, digits.count)
  }

  private mutating func appendHex(_ bytes: [UInt8]) {
    append(Self.quote)
    for byte in bytes {
      for digit in [byte >> 4, byte & 0xF] { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
    append(Self.quote)
  }
}
