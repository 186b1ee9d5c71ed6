// The names by which Microsoft's support finds a request: ours, sent with it, and the service's own, sent back.

package import IntakeCore

/// A random UUID, version 4: both sides can find a request by it.
package enum RequestIdentifier {
  package static func make() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
    }
    return text
  }

  /// `request-id …, client-request-id …` as far as they are known, else empty; Entra calls the first x-ms-request-id.
  package static func shown(_ request: Request, _ response: Response) -> String {
    let theirs = response.header("request-id") ?? response.header("x-ms-request-id")
    let ours = request.headers.first { $0.name == "client-request-id" }?.value
    let named = [("request-id", theirs), ("client-request-id", ours)].compactMap { name, value in
      value.flatMap { isSound($0) ? "\(name) \($0)" : nil }
    }
    return named.joined(separator: ", ")
  }

  /// Hexadecimal digits and hyphens: nothing that a peer could say something with.
  private static func isSound(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { JSONText.hexDigit($0) != nil || $0 == UInt8(ascii: "-") }
  }
}

extension Failure {
  /// The same with the names of the exchange that it tells of, in parentheses at the end of its sentence.
  package func naming(_ request: Request, _ response: Response) -> Failure {
    let names = RequestIdentifier.shown(request, response)
    guard !names.isEmpty, sentence.hasSuffix(".") else { return self }
    var failure = self
    failure.sentence =
      sentence.hasSuffix(").") ? "\(sentence.dropLast(2)), \(names))." : "\(sentence.dropLast()) (\(names))."
    return failure
  }
}
