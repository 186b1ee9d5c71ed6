// Parses the subset of HTTP/1.1 (RFC 9112) that clients of an API send.

internal import IntakeCore

/// One request; names of headers in lower case.
struct HTTPRequest: Sendable {
  var method: String
  /// Request target as sent.
  var target: String
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var minorVersion = 1

  /// From the bytes before the empty line; nil if they are not a request.
  init?(head: [UInt8]) {
    let lines = head.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
    let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, words[1].hasPrefix("/"), words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0",
      !words[0].isEmpty, words[0].utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A })
    else { return nil }
    method = words[0]
    target = words[1]
    minorVersion = words[2] == "HTTP/1.1" ? 1 : 0
    for line in lines.dropFirst() where !line.isEmpty {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
      let value = line[line.index(after: colon)...]
      headers.append((line[..<colon].lowercased(), Self.trim(value)))
    }
  }

  /// The first header of this name (in lower case).
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// 0 where there is none, nil where it cannot be understood.
  var contentLength: Int? {
    let lengths = headers.filter { $0.name == "content-length" }.map(\.value)
    guard let first = lengths.first else { return 0 }
    guard lengths.allSatisfy({ $0 == first }), !first.isEmpty, first.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { return nil }
    return Int(first)
  }

  var keepsAlive: Bool {
    let connection = header("connection")?.lowercased() ?? ""
    return minorVersion == 1 ? connection != "close" : connection == "keep-alive"
  }

  /// The target before the question mark, as sent.
  var rawPath: String { String(target.prefix { $0 != "?" }) }

  /// The target behind the question mark, as sent.
  var rawQuery: String { String(target.dropFirst(rawPath.count + 1)) }

  var path: String { PercentText.decode(rawPath, plusIsSpace: false) }

  var parameters: Parameters { Parameters(rawQuery) }

  /// The path belongs to a receiver of events, whose bodies are large.
  var bringsEvents: Bool {
    let path = path
    return method != "GET" && (path.hasSuffix("/_bulk") || ReceiverPaths.all.contains { path.contains($0) })
  }

  /// The body, unpacked where it is gzip; nil where it cannot be.
  var decodedBody: [UInt8]? {
    guard header("content-encoding")?.lowercased() == "gzip" else { return body }
    return Gunzip.unpack(body, most: Connection.eventsLimit)
  }

  private static func trim(_ text: Substring) -> String {
    var trimmed = text
    while let first = trimmed.first, first == " " || first == "\t" { trimmed.removeFirst() }
    while let last = trimmed.last, last == " " || last == "\t" { trimmed.removeLast() }
    return String(trimmed)
  }
}

/// Name and value pairs of a query or a form.
struct Parameters: Sendable {
  /// Decoded names and values; the value also as sent.
  var items: [(name: String, value: String, raw: String)]

  init(_ text: String) {
    items = text.split(separator: "&").map { pair in
      let name = pair.prefix { $0 != "=" }
      let raw = String(pair.dropFirst(name.count + 1))
      return (
        PercentText.decode(String(name), plusIsSpace: true), PercentText.decode(raw, plusIsSpace: true), String(pair)
      )
    }
  }

  /// The last value of this name.
  subscript(_ name: String) -> String? { items.last { $0.name.lowercased() == name }?.value }

  /// The pairs as sent, but those of these names.
  func raw(without names: String...) -> [String] {
    items.filter { !names.contains($0.name.lowercased()) }.map(\.raw)
  }
}

/// Percent encoding as servers read it (RFC 3986 section 2.1).
enum PercentText {
  /// A percent sign without two hex digits stays as it is.
  static func decode(_ text: String, plusIsSpace: Bool) -> String {
    var output: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == 0x25, let escape = PercentEncoding.decode("%" + String(decoding: rest.prefix(2), as: UTF8.self)),
        rest.count >= 2
      {
        output += escape
        rest = rest.dropFirst(2)
      } else {
        output.append(plusIsSpace && byte == 0x2B ? 0x20 : byte)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
