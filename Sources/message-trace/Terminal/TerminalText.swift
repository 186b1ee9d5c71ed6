// Text in a terminal: its width, truncation to a column, escaped control characters.

internal import IntakeCore

enum TerminalText {
  /// The text with control characters and direction marks escaped.
  static func visible(_ text: String) -> String { isPlain(text) ? text : Log.clean(text, limit: 4_000) }

  /// The number of columns that the text occupies.
  static func width(_ text: String) -> Int { isPlain(text) ? text.utf8.count : text.reduce(0) { $0 + width($1) } }

  /// The text truncated to `columns` with an ellipsis, or padded with spaces.
  static func fitted(_ text: String, to columns: Int) -> String {
    let whole = width(text)
    guard whole > columns else { return text + String(repeating: " ", count: columns - whole) }
    var result = ""
    var used = 0
    for character in text {
      let next = width(character)
      guard used + next < columns else { break }
      result.append(character)
      used += next
    }
    return result + "…" + String(repeating: " ", count: max(0, columns - used - 1))
  }

  /// True for printable ASCII, where one byte is one column.
  private static func isPlain(_ text: String) -> Bool {
    text.utf8.count <= 4_000 && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
  }

  private static func width(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if character.unicodeScalars.contains(where: { $0.value == 0xFE0F || isWide($0) }) { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }

  /// East Asian wide and fullwidth characters, and emoji (Unicode Standard Annex 11, by block).
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: scalar.properties.isEmojiPresentation
    }
  }
}
