// Random texts, addresses and JSON spellings.

import IntakeTesting

extension SeededRandom {
  /// Letters with the odd quote, control character, emoji and line separator among them.
  mutating func text(_ longest: Int) -> String {
    let odd: [Unicode.Scalar] = [
      "\"", "\\", "/", "\n", "\t", "\u{1}", "<", ">", "'", "é", "\u{2028}", "\u{85}", "😀", "\u{7F}", "中",
    ]
    var scalars = String.UnicodeScalarView()
    for _ in 0...below(longest) {
      scalars.append(chance(12) ? pick(odd) : Unicode.Scalar(UInt8(97 + below(26))))
    }
    return String(scalars)
  }

  mutating func address() -> String {
    let local = pick(["alice", "Bob.Jones", "o'connor", "x+y", "jörg"])
    return "\(local)@\(pick(["contoso.com", "Sub.Contoso.com", "mail.example", "bücher.example", "b.example."]))"
  }

  /// The text as a JSON string in one of its many spellings.
  mutating func spelling(_ text: String) -> String {
    var result = "\""
    for unit in text.unicodeScalars {
      let mustEscape = unit.value < 0x20 || unit == "\"" || unit == "\\"
      if mustEscape || chance(8) {
        for word in String(unit).utf16 {
          let hex = String(word, radix: 16, uppercase: chance(50))
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
      } else if unit == "/", chance(50) {
        result += "\\/"
      } else {
        result.unicodeScalars.append(unit)
      }
    }
    return result + "\""
  }
}
