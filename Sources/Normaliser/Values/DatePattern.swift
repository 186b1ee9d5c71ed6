// Dates in the spelling of some machine's language, by a pattern that the user gives: `M/d/yyyy h:mm:ss tt`.

internal import IntakeCore

/// A pattern of `yyyy M MM d dd H HH h hh m mm s ss f… tt` and marks; times are UTC.
struct DatePattern: Sendable {
  private struct Part: Sendable {
    /// A letter of the pattern, or 0 for a mark.
    var letter: UInt8 = 0
    var count = 1
    var mark: UInt8 = 0
  }

  private var parts: [Part] = []

  /// nil for a pattern with other letters, with a letter in two places, or without year, month and day, and for one whose
  /// hours are neither `H` alone nor `h` with `tt`.
  init?(_ pattern: String) {
    for byte in pattern.utf8 {
      let isLetter = byte &- 0x41 < 26 || byte &- 0x61 < 26
      if isLetter, let last = parts.indices.last, parts[last].letter == byte {
        parts[last].count += 1
      } else if isLetter {
        guard Array("yMdHhmsft".utf8).contains(byte) else { return nil }
        parts.append(Part(letter: byte))
      } else {
        parts.append(Part(mark: byte))
      }
    }
    let letters = parts.map(\.letter).filter { $0 != 0 }
    guard Set(letters).count == letters.count, Set("yMd".utf8).isSubset(of: letters) else { return nil }
    let (has24, has12, hasHalf) = (letters.contains(0x48), letters.contains(0x68), letters.contains(0x74))
    guard has12 == hasHalf, !(has12 && has24) else { return nil }
    guard parts.allSatisfy({ $0.letter != UInt8(ascii: "y") || $0.count == 4 }) else { return nil }
  }

  /// nil for text that does not fit, or names no date.
  func parse(_ text: [UInt8]) -> Instant? {
    var values: [UInt8: Int64] = [:]
    var isAfternoon: Bool?
    var index = 0
    for part in parts {
      switch part.letter {
      case 0:
        guard index < text.count, text[index] == part.mark else { return nil }
        index += 1
      case UInt8(ascii: "t"):
        guard index + 1 < text.count, text[index + 1] | 0x20 == UInt8(ascii: "m") else { return nil }
        guard let half = [UInt8(ascii: "a"): false, UInt8(ascii: "p"): true][text[index] | 0x20] else { return nil }
        isAfternoon = half
        index += 2
      case UInt8(ascii: "f"):
        values[part.letter] = Self.fraction(text, &index)
      default:
        guard let value = number(part, text, &index) else { return nil }
        values[part.letter] = value
      }
    }
    return index == text.count ? instant(values, isAfternoon) : nil
  }

  /// The digits behind the seconds in ticks of 100 ns; further ones are left out.
  private static func fraction(_ text: [UInt8], _ index: inout Int) -> Int64 {
    var ticks: Int64 = 0
    var unit = Instant.perSecond / 10
    while index < text.count, ASCII.isDigit(text[index]) {
      ticks += Int64(text[index] - 0x30) * unit
      unit /= 10
      index += 1
    }
    return ticks
  }

  private func number(_ part: Part, _ text: [UInt8], _ index: inout Int) -> Int64? {
    let start = index
    var value: Int64 = 0
    while index < text.count, ASCII.isDigit(text[index]), index - start < max(part.count, 2) {
      value = value * 10 + Int64(text[index] - 0x30)
      index += 1
    }
    return index - start >= min(part.count, 4) ? value : nil
  }

  private func instant(_ values: [UInt8: Int64], _ isAfternoon: Bool?) -> Instant? {
    func value(_ letter: Character) -> Int64 { letter.asciiValue.flatMap { values[$0] } ?? 0 }
    var hour = value("H")
    if let isAfternoon {
      guard (1...12).contains(value("h")) else { return nil }
      hour = value("h") % 12 + (isAfternoon ? 12 : 0)
    } else if values[UInt8(ascii: "h")] != nil {
      return nil
    }
    let (year, month, day) = (value("y"), value("M"), value("d"))
    guard year >= 1, (1...12).contains(month), day >= 1, day <= Timestamp.daysInMonth(year, month),
      hour < 24, value("m") < 60, value("s") < 60
    else { return nil }
    let days = Timestamp.daysFromCivil(year, month, day)
    let seconds = Instant(seconds: days * 86_400 + hour * 3_600 + value("m") * 60 + value("s"))
    return Instant(ticks: seconds.ticks + value("f"))
  }
}
