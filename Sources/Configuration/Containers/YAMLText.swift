// JSON values as YAML in block style, for people to read and edit. Source: YAML 1.2.2.

internal import IntakeCore

enum YAMLText {
  /// One document, with a line feed at its end.
  static func text(_ value: JSONValue) -> String {
    var text = ""
    append(value, indent: 0, to: &text)
    return text
  }

  private static func append(_ value: JSONValue, indent: Int, to text: inout String) {
    let margin = String(repeating: " ", count: indent)
    switch value {
    case .object(let members):
      for member in members {
        text += "\(margin)\(scalar(member.key)):"
        appendInner(member.value, indent: indent, to: &text)
      }
    case .array(let values):
      for value in values {
        var inner = ""
        append(value, indent: indent + 2, to: &inner)
        text += "\(margin)- \(inner.drop { $0 == " " })"
      }
    case .null, .bool, .number, .string: text += "\(margin)\(leaf(value, indent: indent))\n"
    }
  }

  /// What stands behind a key: on its line, or below it.
  private static func appendInner(_ value: JSONValue, indent: Int, to text: inout String) {
    switch value {
    case .object(let members) where !members.isEmpty:
      text += "\n"
      append(value, indent: indent + 2, to: &text)
    case .array(let values) where !values.isEmpty:
      text += "\n"
      append(value, indent: indent + 2, to: &text)
    case .object, .array, .null, .bool, .number, .string: text += " \(leaf(value, indent: indent))\n"
    }
  }

  private static func leaf(_ value: JSONValue, indent: Int) -> String {
    guard case .string(let string) = value else { return value.text }
    return block(string, indent: indent + 2) ?? scalar(string)
  }

  /// A literal block for whole lines; nil for what one cannot hold unchanged.
  private static func block(_ string: String, indent: Int) -> String? {
    let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count > 1, lines.last == "", let first = lines.first, !first.isEmpty, !first.hasPrefix(" "),
      lines.dropLast().last?.isEmpty == false,
      string.unicodeScalars.allSatisfy({ $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7F && $0.value < 0x80) })
    else { return nil }
    let margin = String(repeating: " ", count: indent)
    return "|\n" + lines.dropLast().map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
  }

  /// Plain where nothing else could be read from it, else quoted as in JSON.
  private static func scalar(_ string: String) -> String {
    let words: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
    let isPlain =
      (string.first.map { $0.isASCII && ($0.isLetter || $0 == "/") } ?? false)
      && string.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_./-".contains($0)) }
    return isPlain && !words.contains(string.lowercased()) ? string : JSONText.quoted(string)
  }
}
