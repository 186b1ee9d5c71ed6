// Predicts the next key of a row: a service writes the columns of all rows in the same order.

internal import IntakeCore

/// The last key seen at each position of a row, with the bytes up to its value, and its slot.
struct KeyPredictor {
  /// A correct prediction.
  struct Hit {
    var slot: Int
    var keyStart: Int
    var keyEnd: Int
  }

  private struct Guess {
    /// From the opening quote to the value, in words with the first byte lowest, then zeros.
    var text = Words(0, 0, 0, 0)
    /// All ones where `text` counts.
    var mask = Words(0, 0, 0, 0)
    /// Of `text`; 0 for a guess not made yet.
    var length: Int32 = 0
    /// Of the key alone, without its quotes.
    var keyLength: Int32 = 0
    var slot: Int32 = 0

    fileprivate typealias Words = SIMD4<UInt64>
  }

  private static let places = 32
  private var guesses = [Guess](repeating: Guess(), count: 32)

  /// The slot for the key at `index`, which is moved to the value; nil, and `index` where it was, for a wrong guess.
  @inline(__always)
  func find(_ place: Int, _ span: RawSpan, _ index: inout Int) -> Hit? {
    guard place < Self.places, index >= 0, index &+ 32 <= span.byteCount else { return nil }
    let guess = guesses[place & 31]
    guard guess.length > 0 else { return nil }
    let different =
      (Self.word(span, index) & guess.mask[0] ^ guess.text[0])
      | (Self.word(span, index &+ 8) & guess.mask[1] ^ guess.text[1])
      | (Self.word(span, index &+ 16) & guess.mask[2] ^ guess.text[2])
      | (Self.word(span, index &+ 24) & guess.mask[3] ^ guess.text[3])
    guard different == 0 else { return nil }
    let start = index &+ 1
    index &+= Int(guess.length)
    // The row that was learned from may have had less space behind its colon.
    if span.byte(index) <= .space { span.skipSpace(&index) }
    return Hit(slot: Int(guess.slot), keyStart: start, keyEnd: start &+ Int(guess.keyLength))
  }

  /// Only where 32 bytes from the first word on are in the span.
  @inline(__always)
  private static func word(_ span: RawSpan, _ start: Int) -> UInt64 {
    unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
  }

  /// Remembers a key without escapes for the next row; one that is too long is looked up every time.
  mutating func learn(_ place: Int, _ span: RawSpan, keyStart: Int, keyEnd: Int, valueStart: Int, slot: Int) {
    let length = valueStart &- keyStart &+ 1
    guard place < Self.places, length <= 32, keyStart > 0 else { return }
    var guess = Guess()
    for offset in 0..<length {
      let shift = UInt64(offset & 7) * 8
      guess.text[offset >> 3] |= UInt64(span.byte(keyStart - 1 + offset)) << shift
      guess.mask[offset >> 3] |= 0xFF << shift
    }
    guess.length = Int32(truncatingIfNeeded: length)
    guess.keyLength = Int32(truncatingIfNeeded: keyEnd &- keyStart)
    guess.slot = Int32(truncatingIfNeeded: slot)
    guesses[place & 31] = guess
  }
}
