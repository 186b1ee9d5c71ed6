// HTTP responses.

package import IntakeCore

/// One HTTP response, read to its end.
package struct Response: Sendable {
  package var status: Int
  /// Names in lower case.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name; `name` is in lower case.
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  package func headers(named name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

  /// The server's clock.
  package var date: Instant? { header("date").flatMap(HTTPDate.parse) }

  /// 429, Exchange's own 509, and 503, which both services use for the same.
  var isThrottling: Bool { [429, 503, 509].contains(status) }
}

extension Response {
  /// The body begins as HTML or XML does.
  package var looksLikeMarkup: Bool {
    let text = body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]
    return text.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == UInt8(ascii: "<")
  }

  /// The body is XML by its declaration or by what the server calls it.
  package var isXML: Bool {
    (header("content-type") ?? "").lowercasedASCII.contains("xml")
      || body.prefix(64).firstRange(of: Array("<?xml".utf8)) != nil
      || body.prefix(64).firstRange(of: Array("<feed".utf8)) != nil
  }
}
