// ASCII case, one byte and eight at a time. Addresses are compared so whatever the locale (Turkish i, Kelvin sign).

enum ASCII {
  @inline(__always)
  static func lowerCased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  /// Eight bytes at once; bytes from 0x80 on stay as they are.
  @inline(__always)
  static func lowerCased(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let low = word & (ones &* 0x7F)
    let fromA = low &+ ones &* (0x80 - 0x41)
    let pastZ = low &+ ones &* (0x80 - 0x5B)
    let upper = fromA & ~pastZ & ~word & (ones &* 0x80)
    return word | upper >> 2
  }

  /// Sixteen bytes at once; bytes from 0x80 on stay as they are.
  @inline(__always)
  static func lowerCased(_ bytes: SIMD16<UInt8>) -> SIMD16<UInt8> {
    let words = unsafe unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
    return unsafe unsafeBitCast(SIMD2(lowerCased(words[0]), lowerCased(words[1])), to: SIMD16<UInt8>.self)
  }

  /// The high bit of each of eight bytes that is in a range; all of them below 0x80.
  @inline(__always)
  static func isIn(_ range: ClosedRange<UInt8>, _ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let from = word &+ ones &* UInt64(0x80 - range.lowerBound)
    let past = word &+ ones &* UInt64(0x7F - range.upperBound)
    return from & ~past & (ones &* 0x80)
  }

  static func lowerCased(_ text: String) -> String {
    String(decoding: text.utf8.map { lowerCased($0) }, as: UTF8.self)
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }

  @inline(__always)
  static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }

  @inline(__always)
  static func isLowerOrDigit(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || isDigit(byte) }
}
