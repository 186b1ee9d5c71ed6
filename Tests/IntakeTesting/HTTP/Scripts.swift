// Answers as raw bytes, for scripts.

extension [ScriptedServer.Step] {
  /// A whole answer with its length; the connection stays open.
  package static func answer(
    _ body: [UInt8], status: Int = 200, type: String? = "application/json", headers: [String] = []
  ) -> Self {
    [.send(AnswerBytes.head(status, type: type, headers: headers + ["Content-Length: \(body.count)"]) + body)]
  }

  package static func answer(
    _ body: String, status: Int = 200, type: String? = "application/json", headers: [String] = []
  ) -> Self {
    answer([UInt8](body.utf8), status: status, type: type, headers: headers)
  }

  /// An answer that promises more bytes than it sends, then closes.
  package static func cut(_ body: String, promising length: Int) -> Self {
    [
      .send(
        AnswerBytes.head(200, type: "application/json", headers: ["Content-Length: \(length)"]) + [UInt8](body.utf8)),
      .close,
    ]
  }

  /// Bytes as they stand, then the end of the connection.
  package static func raw(_ text: String) -> Self { [.send([UInt8](text.utf8)), .close] }
}

package enum AnswerBytes {
  /// Status line, headers and the blank line.
  package static func head(_ status: Int, type: String?, headers: [String]) -> [UInt8] {
    let lines = ["HTTP/1.1 \(status) Scripted"] + (type.map { ["Content-Type: \($0)"] } ?? []) + headers
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }
}
