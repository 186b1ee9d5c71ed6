// An HTTP response, and the simulated ways in which sending it fails.

/// One answer.
struct HTTPResponse: Sendable {
  /// What becomes of the bytes on their way.
  enum Delivery: Sendable, Equatable {
    case whole
    /// So many bytes of the body, then an orderly close: the promised length is not kept.
    case truncated(Int)
    /// So many bytes of the body, then a reset.
    case reset(Int)
    /// So many bytes of the whole answer, then a reset.
    case cut(Int)
    /// Exactly these bytes instead of an answer, then a close.
    case raw([UInt8])
  }

  var status: Int
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var delivery = Delivery.whole

  init(_ status: Int, type: String, _ body: [UInt8]) {
    self.status = status
    self.body = body
    headers = [("Content-Type", type)]
  }

  init(_ status: Int, type: String, _ body: String) { self.init(status, type: type, Array(body.utf8)) }

  /// nil takes the header away. What a client sent may come back here: control characters are dropped.
  mutating func set(_ name: String, _ value: String?) {
    headers.removeAll { $0.name.lowercased() == name.lowercased() }
    guard let value else { return }
    headers.append((name, String(decoding: value.utf8.filter { $0 >= 0x20 }, as: UTF8.self)))
  }

  /// Status line and headers, with the empty line.
  func head(closing: Bool) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    text += "Content-Length: \(body.count)\r\n"
    if closing { text += "Connection: close\r\n" }
    return Array((text + "\r\n").utf8)
  }

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 302: "Found"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 410: "Gone"
    case 413: "Content Too Large"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    default: "Status"
    }
  }
}
