// As much of YAML as the manifests use; anything else is an error. Source: YAML 1.2.2, chapters 6 to 8.

internal import IntakeCore

/// Reads block mappings, block sequences, literal blocks, plain and double-quoted scalars on one line.
struct BlockYAML {
  struct Fault: Error {
    var line: Int
    var reason: String
  }

  private var lines: [Substring]
  private var at = 0

  /// The documents of a stream.
  static func documents(_ text: String) throws -> [JSONValue] {
    var streams: [[Substring]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "---" { streams.append([]) } else { streams[streams.count - 1].append(line) }
    }
    return try streams.map { lines in
      var reader = BlockYAML(lines: lines)
      let value = try reader.node(indent: 0)
      reader.skip()
      guard reader.at == lines.count else { throw reader.fault("text after the document") }
      return value
    }
  }

  private init(lines: [Substring]) { self.lines = lines }

  private func fault(_ reason: String) -> Fault { Fault(line: at + 1, reason: reason) }

  private mutating func skip() {
    while at < lines.count, lines[at].allSatisfy({ $0 == " " }) || lines[at].hasPrefix("#") { at += 1 }
  }

  private var indent: Int { at < lines.count ? lines[at].prefix { $0 == " " }.count : -1 }

  private mutating func node(indent: Int) throws -> JSONValue {
    skip()
    guard self.indent == indent else { throw fault("indent of \(self.indent), not \(indent)") }
    let isSequence = lines[at].dropFirst(indent).hasPrefix("- ")
    return isSequence ? try sequence(indent) : try mapping(indent)
  }

  private mutating func sequence(_ indent: Int) throws -> JSONValue {
    var values: [JSONValue] = []
    while true {
      skip()
      guard self.indent == indent, lines[at].dropFirst(indent).hasPrefix("- ") else { return .array(values) }
      let rest = lines[at].dropFirst(indent + 2)
      guard Self.key(rest) != nil else {
        at += 1
        values.append(try Self.scalar(rest, fault("scalar")))
        continue
      }
      lines[at] = String(repeating: " ", count: indent + 2) + rest
      values.append(try node(indent: indent + 2))
    }
  }

  private mutating func mapping(_ indent: Int) throws -> JSONValue {
    var members: [JSONValue.Member] = []
    while true {
      skip()
      guard self.indent == indent else {
        if self.indent > indent { throw fault("a line that is indented too far") }
        return .object(members)
      }
      guard let (key, rest) = Self.key(lines[at].dropFirst(indent)) else { throw fault("no key") }
      guard !members.contains(where: { $0.key == key }) else { throw fault("the key \(key) comes twice") }
      at += 1
      let value: JSONValue
      switch rest {
      case "": value = try node(indent: indent + 2)
      case " |": value = .string(block(indent + 2))
      default:
        guard rest.hasPrefix(" ") else { throw fault("no space after a colon") }
        value = try Self.scalar(rest.dropFirst(), fault("scalar"))
      }
      members.append(.init(key, value))
    }
  }

  private mutating func block(_ indent: Int) -> String {
    var text = ""
    while at < lines.count, self.indent >= indent || lines[at].isEmpty {
      text += lines[at].dropFirst(indent) + "\n"
      at += 1
    }
    while text.hasSuffix("\n\n") { text.removeLast() }
    return text
  }

  /// A key and what stands behind its colon; nil for a line without one.
  private static func key(_ line: Substring) -> (String, Substring)? {
    if line.hasPrefix("\"") {
      let quoted = line.dropFirst().prefix { $0 != "\"" }
      let rest = line.dropFirst(quoted.count + 2)
      return rest.hasPrefix(":") ? (String(quoted), rest.dropFirst()) : nil
    }
    let key = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) }
    let rest = line.dropFirst(key.count)
    guard !key.isEmpty, rest == ":" || rest.hasPrefix(": ") else { return nil }
    return (String(key), rest.dropFirst())
  }

  private static func scalar(_ text: Substring, _ fault: Fault) throws -> JSONValue {
    if text.hasPrefix("\"") || ["{}", "[]"].contains(text) { return try JSONValue(parsing: Array(text.utf8)) }
    if ["true", "false"].contains(text) { return .bool(text == "true") }
    if Int(text) != nil { return .number(String(text)) }
    let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) }
    guard isPlain, text.first?.isLetter == true || text.first == "/" else { throw fault }
    return .string(String(text))
  }
}
