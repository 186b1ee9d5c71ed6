// Random rows and bytes from a seed: the same test, the same inputs.

import IntakeCore

/// SplitMix64 (Steele, Lea, Flood 2014).
struct TestRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

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
