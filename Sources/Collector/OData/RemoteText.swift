// What a service says of an error, for the log at the level debug alone: it may quote what was asked and what was found.

internal import IntakeCore

/// Remote text without what must not be logged: addresses, subjects and other quoted values, tokens, query strings.
enum RemoteText {
  /// One line, cut to 200 bytes.
  static func filtered(_ text: String) -> String {
    // By scalars: Swift takes CR LF for one character.
    let line = text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
    var words: [String] = []
    var followsScheme = false
    for word in unquoted(line).split(whereSeparator: { $0 == " " || $0 == "\t" }) {
      let text = String(String.UnicodeScalarView(word))
      words.append(followsScheme || isHidden(text) ? "…" : withoutQuery(text))
      followsScheme = ["bearer", "basic", "bearer:", "basic:"].contains(text.lowercased())
    }
    return Log.clean(words.joined(separator: " "), limit: 200)
  }

  /// Everything between two quotation marks is replaced; so is the rest behind one without its partner.
  private static func unquoted(_ text: Substring.UnicodeScalarView) -> [Unicode.Scalar] {
    var kept: [Unicode.Scalar] = []
    var open: Unicode.Scalar?
    var previous: Unicode.Scalar = " "
    for scalar in text {
      if let mark = open {
        if scalar == mark { open = nil }
      } else if ["'", "\"", "‘", "“", "`"].contains(scalar), !previous.properties.isAlphabetic || scalar == "\"" {
        open = ["‘": "’", "“": "”"][scalar] ?? scalar
        kept.append("…")
      } else {
        kept.append(scalar)
      }
      previous = scalar
    }
    return kept
  }

  private static func isHidden(_ word: String) -> Bool {
    let lower = word.lowercased()
    // An at sign as it is or percent-encoded, once or more.
    if lower.contains("@") || lower.contains("＠") { return true }
    if lower.contains("%") && lower.replacing25.contains("%40") { return true }
    if lower.hasPrefix("eyj") || lower.contains(".eyj") || lower.contains("=eyj") { return true }
    return longestRun(lower) > 40
  }

  /// The longest run of characters that tokens are made of; a GUID has 36.
  private static func longestRun(_ word: String) -> Int {
    var longest = 0
    var run = 0
    for byte in word.utf8 {
      let isPart =
        (0x61...0x7A).contains(byte) || byte &- 0x30 <= 9 || [0x2B, 0x2D, 0x2E, 0x2F, 0x3D, 0x5F, 0x7E].contains(byte)
      run = isPart ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }

  private static func withoutQuery(_ word: String) -> String {
    guard let mark = word.unicodeScalars.firstIndex(of: "?"), word.unicodeScalars.index(after: mark) < word.endIndex
    else {
      return word
    }
    return word[...mark] + "…"
  }
}

extension String {
  /// `%25` as `%`, however often it was encoded.
  fileprivate var replacing25: String {
    var text = self
    while let range = text.ranges(of: "%25").first { text.replaceSubrange(range, with: "%") }
    return text
  }
}
