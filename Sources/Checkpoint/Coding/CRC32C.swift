// CRC-32C (Castagnoli, RFC 3720 appendix B.4): detects torn or damaged blocks of our own files.

/// A running checksum, eight bytes a step.
struct CRC32C: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  /// The checksum of everything taken in.
  var value: UInt32 { ~state }

  /// Adds a range of bytes; positions outside the array are ignored.
  mutating func update(_ bytes: [UInt8], _ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    let span = unsafe bytes.span.bytes
    let table = Self.table
    var index = range.lowerBound
    var crc = state
    while index + 8 <= range.upperBound {
      let word = unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
      crc = Self.step(word ^ UInt64(crc), table)
      index += 8
    }
    while index < range.upperBound {
      crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    state = crc
  }

  /// The checksum of a range of bytes.
  static func of(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes, range)
    return crc.value
  }

  /// A running state, not inverted, after eight more bytes, the first in the lowest bits.
  static func next(_ state: UInt32, _ word: UInt64) -> UInt32 { step(word ^ UInt64(state), table) }

  @inline(__always)
  private static func step(_ word: UInt64, _ table: [UInt32]) -> UInt32 {
    var crc: UInt32 = 0
    for position in 0..<8 {
      crc ^= table[(7 - position) << 8 | Int(truncatingIfNeeded: word >> UInt64(position * 8)) & 0xFF]
    }
    return crc
  }

  /// Eight tables of 256: the n-th says what a byte does that has n more bytes behind it.
  private static let table: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
      table[byte] = crc
    }
    for index in 256..<table.count {
      let before = table[index - 256]
      table[index] = before >> 8 ^ table[Int(before & 0xFF)]
    }
    return table
  }()
}
