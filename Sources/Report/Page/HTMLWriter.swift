// Writes HTML that is XML too. Markup can only come from literals of this program; all else is escaped text.

internal import IntakeCore

struct HTMLWriter {
  private(set) var bytes: [UInt8] = []

  /// An element with what `body` writes into it; closed by construction.
  mutating func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ body: (inout HTMLWriter) -> Void
  ) {
    begin(name, attributes)
    append(">")
    body(&self)
    append("</")
    append(name)
    append(">")
    if Self.blocks.contains(name.description) { append("\n") }
  }

  /// An element with text in it.
  mutating func element(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ text: String) {
    element(name, attributes) { $0.text(text) }
  }

  mutating func element(_ name: StaticString, _ text: String) { element(name, [:], text) }

  /// An element that never holds anything.
  mutating func empty(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) {
    begin(name, attributes)
    append("/>")
  }

  /// A text of this program, escaped.
  mutating func text(_ text: String) { append(escaping: text) }

  /// What others wrote, in a direction of its own and with everything visible that is not.
  mutating func foreign(_ text: String, limit: Int = 300) {
    guard !text.isEmpty else { return }
    element("bdi") { $0.text(Self.visible(text, limit: limit)) }
  }

  /// An unescaped literal: the style sheet, the doctype.
  mutating func literal(_ text: StaticString) { append(text) }

  /// Control characters, direction marks and what has no shape of its own become visible; long text is cut.
  static func visible(_ text: String, limit: Int = 300) -> String {
    var result = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < limit else {
        result.append("…")
        break
      }
      count += 1
      if isShapeless(scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
        result.append(contentsOf: "[U+\(zeros)\(digits)]".unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// Controls, format characters (all that steer direction among them), separators of lines, what is no character,
  /// private use.
  private static func isShapeless(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value < 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  private static let blocks: Set<String> = [
    "p", "tr", "table", "section", "header", "footer", "figure", "h1", "h2", "h3", "dl", "details", "svg", "div", "g",
    "head", "body", "title", "style",
  ]

  private mutating func begin(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
    append("<")
    append(name)
    for (key, value) in attributes {
      append(" ")
      append(key)
      append("=\"")
      append(escaping: value)
      append("\"")
    }
  }

  private mutating func append(_ text: StaticString) {
    for offset in 0..<text.utf8CodeUnitCount { bytes.append(unsafe text.utf8Start[offset]) }
  }

  private mutating func append(escaping text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): append("&amp;")
      case UInt8(ascii: "<"): append("&lt;")
      case UInt8(ascii: ">"): append("&gt;")
      case UInt8(ascii: "\""): append("&quot;")
      case UInt8(ascii: "'"): append("&#39;")
      default: bytes.append(byte)
      }
    }
  }
}
