// Short texts compared without regard to ASCII case, eight bytes at a time.

internal import IntakeCore

/// The first and the last eight bytes of a text in ASCII lower case, and its length: up to sixteen bytes that is all of
/// it. A shorter text than eight bytes is followed by zeros.
struct CaseFoldedText: Equatable, Sendable {
  /// Longer texts are not told apart by their words alone.
  static let longest = 16

  private let first: UInt64
  private let last: UInt64
  private let length: Int

  @inline(__always)
  init(_ span: RawSpan, _ start: Int, _ end: Int) {
    length = end &- start
    first = ASCII.lowerCased(Self.word(span, start, min(length, 8)))
    last = length > 8 ? ASCII.lowerCased(Self.word(span, end &- 8, 8)) : 0
  }

  /// Up to eight bytes from `start` on, the first in the lowest bits.
  @inline(__always)
  static func word(_ span: RawSpan, _ start: Int, _ length: Int) -> UInt64 {
    guard length > 0 else { return 0 }
    guard start >= 0, start &+ 8 <= span.byteCount else {
      var word: UInt64 = 0
      for offset in 0..<length { word |= UInt64(span.byte(start &+ offset)) << UInt64(offset &* 8) }
      return word
    }
    let word = unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
    return word & (.max >> UInt64(64 &- length &* 8))
  }

  /// True if two slices of the same length are the same; `right` is in lower case already.
  @inline(__always)
  static func same(_ left: RawSpan, _ start: Int, _ right: RawSpan, _ first: Int, length: Int) -> Bool {
    var done = 0
    while done < length {
      let count = min(8, length &- done)
      guard ASCII.lowerCased(word(left, start &+ done, count)) == word(right, first &+ done, count) else {
        return false
      }
      done &+= 8
    }
    return true
  }
}
