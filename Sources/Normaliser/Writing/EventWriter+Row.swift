// Rows that go out as the service gave them: on one line, with no other change than what a line of valid UTF-8 needs.

internal import IntakeCore

extension EventWriter {
  /// The row and its LF; notes where the status stands.
  mutating func writeRow(
    _ row: borrowing RowScanner, _ page: RawSpan, _ plan: borrowing Plan, to line: inout LineWriter
  ) {
    let start = line.count
    let slot = row.slots[plan.statusSlot & 63]
    let hasStatus = facts.fault == nil && row.hasText(plan.statusSlot) && !slot.isDecoded && slot.kind == .string
    var isInside = false
    var index = facts.span.lowerBound
    while index < facts.span.upperBound {
      if hasStatus, index == slot.rawStart {
        let first = line.count - start
        status = (first - 1)..<(first + slot.rawEnd - slot.rawStart + 1)
      }
      let byte = page.byte(index)
      if !isInside, byte <= .space {
        index += 1
        continue
      }
      if byte == .quote { isInside.toggle() }
      if byte == .backslash, isInside {
        line.append(byte)
        line.append(page.byte(index + 1))
        index += 2
      } else {
        index += line.appendMended(page, index, facts.span.upperBound)
      }
    }
    line.append(.lineFeed)
  }
}

extension LineWriter {
  /// One character of a JSON text; control characters and line separators become escapes, bytes that are not UTF-8 U+FFFD.
  /// - Returns: how many bytes were read.
  fileprivate mutating func appendMended(_ page: RawSpan, _ index: Int, _ end: Int) -> Int {
    let byte = page.byte(index)
    if byte >= .space, byte < 0x7F {
      append(byte)
      return 1
    }
    if byte < 0x80 {
      appendUnicodeEscape(UInt32(byte))
      return 1
    }
    let (scalar, length) = Text.scalar(page, index, end)
    if scalar == Text.invalid {
      for byte in [0xEF, 0xBF, 0xBD] as [UInt8] { append(byte) }
    } else if Text.mustEscape(scalar) {
      appendUnicodeEscape(scalar)
    } else {
      append(page, index, index + length)
    }
    return length
  }

  private mutating func appendUnicodeEscape(_ scalar: UInt32) {
    var escape: [UInt8] = []
    JSONText.appendUnicodeEscape(UInt16(truncatingIfNeeded: scalar), to: &escape)
    append(unsafe escape.span.bytes, 0, escape.count)
  }
}

extension RawSpan {
  /// True for one JSON object that any reader takes, whatever its size.
  func isWholeObject(_ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    guard byte(index) == .openBrace, (try? skipValue(&index)) != nil, index == range.upperBound else { return false }
    return (try? Text.checkEscapes(self, range)) != nil
  }
}
