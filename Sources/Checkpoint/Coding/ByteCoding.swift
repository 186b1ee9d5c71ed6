// Fixed-width little-endian numbers in our own files: appended, and read back with every bound checked.

extension [UInt8] {
  /// Appends a number in little-endian order.
  mutating func append(little value: some FixedWidthInteger) {
    var rest = value
    for _ in 0..<(value.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}

/// Reads numbers and bytes one after the other; nil where the bytes end too early.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var at: Int
  let end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    self.bytes = bytes
    at = range.lowerBound
    end = range.upperBound
  }

  var left: Int { end - at }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
    let width = Number.bitWidth / 8
    guard width <= left else { return nil }
    var value: Number = 0
    for index in stride(from: at + width - 1, through: at, by: -1) {
      value = value << 8 | Number(truncatingIfNeeded: bytes[index])
    }
    at += width
    return value
  }

  mutating func take(_ count: Int) -> Range<Int>? {
    guard count >= 0, count <= left else { return nil }
    defer { at += count }
    return at..<(at + count)
  }
}
