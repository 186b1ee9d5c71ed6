// The two values of a delivery event that hold values of their own: CustomData and RecipientStatus.

/// A named value, in the order in which the service gave it.
package struct DetailsField: Sendable, Equatable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// `S:tlsversion=TLS1_3;'S:odd=a;b';S:pool=1102`
package enum DetailsCustomData {
  /// Items in order, without their `S:`; an item without an equals sign has an empty value. A whole item may stand in
  /// apostrophes where it holds a semicolon.
  package static func fields(_ text: String) -> [DetailsField] {
    items(text).compactMap { item in
      let bare = item.hasPrefix("S:") ? item.dropFirst(2) : item
      guard !bare.isEmpty else { return nil }
      let parts = bare.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return DetailsField(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  private static func items(_ text: String) -> [Substring] {
    var items: [Substring] = []
    var rest = text[...]
    while !rest.isEmpty {
      if rest.first == "'", let end = quotedEnd(rest) {
        items.append(rest[rest.index(after: rest.startIndex)..<end])
        rest = rest[rest.index(after: end)...].drop { $0 == ";" }
      } else {
        let item = rest.prefix { $0 != ";" }
        items.append(item)
        rest = rest[item.endIndex...].dropFirst()
      }
    }
    return items
  }

  /// The apostrophe that is followed by a semicolon or the end.
  private static func quotedEnd(_ text: Substring) -> String.Index? {
    var index = text.index(after: text.startIndex)
    while index < text.endIndex {
      let next = text.index(after: index)
      if text[index] == "'", next == text.endIndex || text[next] == ";" { return index }
      index = next
    }
    return nil
  }
}

/// What the other side said: `[{LED=550 5.4.310 …};{MSG=…};{FQDN=…};{IP=…};{LRT=…}]`.
package struct DetailsReply: Sendable, Equatable {
  /// Last error: the reply line whole.
  package var line: String
  /// Three digits, such as 550.
  package var code: String?
  /// RFC 3463, such as 5.4.310.
  package var enhancedCode: String?
  package var message: String?
  /// The remote server, by name and by address.
  package var server: String?
  package var address: String?
  /// As written: month first, without a zone.
  package var lastTried: String?

  /// From a `RecipientStatus`, or from any text that holds one; nil where there is none.
  package init?(_ text: String) {
    guard let start = text.ranges(of: "{LED=").first else { return nil }
    let values = Self.values(text[start.lowerBound...])
    guard let line = values["LED"] else { return nil }
    self.line = line
    let words = line.split(separator: " ", maxSplits: 2)
    code = words.first.flatMap { Self.isCode($0) ? String($0) : nil }
    enhancedCode = words.prefix(2).last.flatMap { Self.isEnhanced($0) ? String($0) : nil }
    message = values["MSG"]
    server = values["FQDN"]
    address = values["IP"]
    lastTried = values["LRT"]
  }

  /// `{NAME=value}` up to the `}` that ends it: before a `;{`, a `]`, or the end. Empty values are left out.
  private static func values(_ text: Substring) -> [String: String] {
    var values: [String: String] = [:]
    for piece in text.split(separator: "};{", omittingEmptySubsequences: false) {
      let bare = piece.drop { $0 == "{" }
      guard let equals = bare.firstIndex(of: "=") else { continue }
      var value = bare[bare.index(after: equals)...]
      if let end = value.ranges(of: "}]").first ?? value.ranges(of: "}").last { value = value[..<end.lowerBound] }
      let name = String(bare[..<equals])
      if !value.isEmpty, values[name] == nil { values[name] = String(value) }
    }
    return values
  }

  private static func isCode(_ word: Substring) -> Bool {
    word.utf8.count == 3 && word.utf8.allSatisfy { $0 &- 0x30 <= 9 } && "245".contains(word.prefix(1))
  }

  private static func isEnhanced(_ word: Substring) -> Bool {
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3
      && parts.allSatisfy { (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 &- 0x30 <= 9 } }
  }
}
