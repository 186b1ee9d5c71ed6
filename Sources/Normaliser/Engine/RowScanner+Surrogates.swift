// Texts with halves of surrogate pairs, for the identity: an event shows U+FFFD for each half, a hash must tell them apart.

internal import IntakeCore

extension RowScanner {
  /// Appends a column's text as WTF-8 (lone surrogates in the three bytes that UTF-8 would have for them); false, and
  /// nothing is appended, for a text without a lone surrogate and for one that is not the row's own.
  /// - Parameter isAfterText: true where the text stands in the message with U+FFFD already: a line feed goes before it.
  @discardableResult
  func appendSurrogates(
    _ slot: Slot, _ span: RawSpan, lowerCased: Bool = false, isAfterText: Bool = false, to output: inout LineWriter
  ) -> Bool {
    guard slot.isDecoded, slot.kind == .string else { return false }
    var (shown, exact): ([UInt8], [UInt8]) = ([], [])
    Text.decode(span, slot.rawStart, slot.rawEnd, to: &shown)
    Text.decode(span, slot.rawStart, slot.rawEnd, to: &exact, keepsSurrogates: true)
    guard exact != shown, decoded[slot.start..<slot.end].elementsEqual(shown) else { return false }
    if isAfterText { output.append(.lineFeed) }
    for byte in exact { output.append(lowerCased ? ASCII.lowerCased(byte) : byte) }
    return true
  }
}
