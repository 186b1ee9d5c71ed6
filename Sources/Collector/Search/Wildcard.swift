// Texts with asterisks, each of which stands for any text, also for none.

internal import IntakeCore

/// A pattern for a whole text, without regard to case.
enum Wildcard {
  static func isPattern(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "*")) }

  /// Takes time that grows with the product of both lengths at most, whatever the pattern.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.lowercased().utf8)
    let text = Array(text.lowercased().utf8)
    var (at, inPattern) = (0, 0)
    /// Where to go on after the last asterisk, if it has to stand for one byte more.
    var retry: (at: Int, inPattern: Int)?
    while at < text.count {
      if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
        inPattern += 1
        retry = (at, inPattern)
      } else if inPattern < pattern.count, pattern[inPattern] == text[at] {
        at += 1
        inPattern += 1
      } else if let last = retry {
        retry = (last.at + 1, last.inPattern)
        (at, inPattern) = (last.at + 1, last.inPattern)
      } else {
        return false
      }
    }
    return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// `*@domain` for a pattern that ends with that domain: what the service can narrow a search to.
  static func domain(of pattern: String) -> String? {
    guard let at = pattern.lastIndex(of: "@") else { return nil }
    let domain = pattern[at...]
    return domain.count > 1 && !domain.contains("*") ? "*\(domain)" : nil
  }
}
