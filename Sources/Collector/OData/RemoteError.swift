// Error bodies in all their shapes: light, verbose, Graph, the legacy service's own, XML. Read once, for classification.

internal import IntakeCore

/// What an error body says, where it can be read at all.
struct RemoteError: Sendable {
  var code = ""
  /// All texts of the body, the inner ones too.
  var message = ""

  /// A larger body is not read for what it says.
  static let maximumBytes = 1 << 20

  init(_ body: [UInt8]) {
    guard body.count <= Self.maximumBytes else { return }
    if let value = try? JSONValue(parsing: body) {
      read(value["error"] ?? value["odata.error"] ?? value)
    } else {
      message = Self.element("Message", in: body) ?? Self.element("message", in: body) ?? ""
    }
  }

  func mentions(_ text: String) -> Bool { message.lowercasedASCII.contains(text.lowercasedASCII) }

  /// The body's error code for a sentence, with a space before it; empty where it is no plain identifier, and a code of
  /// that length says nothing else.
  var shownCode: String {
    let isPlain = code.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || byte &- 0x30 <= 9 || byte == UInt8(ascii: "_")
    }
    return (1...40).contains(code.utf8.count) && isPlain ? " (\(code))" : ""
  }

  private mutating func read(_ value: JSONValue) {
    if let text = value.string {
      code = text
      return
    }
    code = (value["code"] ?? value["ErrorCode"])?.string ?? ""
    var texts: [String] = []
    collect(value["message"] ?? value["Message"], into: &texts)
    collect(value["innererror"] ?? value["innerError"], into: &texts)
    message = texts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func collect(_ value: JSONValue?, into texts: inout [String]) {
    guard let value else { return }
    if let text = value.string { return texts.append(text) }
    for key in ["value", "message", "internalexception"] { collect(value[key], into: &texts) }
  }

  /// The text of the first element of that local name.
  private static func element(_ name: String, in body: [UInt8]) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    guard let open = text.firstRange(of: "\(name)>") ?? text.firstRange(of: "\(name) "),
      let start = text[open.lowerBound...].firstIndex(of: ">"),
      let end = text[start...].firstIndex(of: "<")
    else { return nil }
    return String(text[text.index(after: start)..<end])
  }
}

extension String {
  /// The first place where `other` stands.
  fileprivate func firstRange(of other: String) -> Range<String.Index>? { ranges(of: other).first }
}
