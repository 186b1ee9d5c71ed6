// The request ids that Microsoft's support needs: the client's, sent with the request, and the service's, sent back.

package import IntakeCore

package enum RequestIdentifier {
  /// `request-id …, client-request-id …` as far as they are known, else empty; Entra calls the first x-ms-request-id.
  package static func shown(_ request: Request, _ response: Response) -> String {
    let theirs = response.header("request-id") ?? response.header("x-ms-request-id")
    let ours = request.headers.first { $0.name == "client-request-id" }?.value
    let named = [("request-id", theirs), ("client-request-id", ours)].compactMap { name, value in
      value.flatMap { isSound($0) ? "\(name) \($0)" : nil }
    }
    return named.joined(separator: ", ")
  }

  /// Only hexadecimal digits and hyphens, so that a peer cannot put text into an error.
  private static func isSound(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { JSONText.hexDigit($0) != nil || $0 == UInt8(ascii: "-") }
  }
}

extension Failure {
  /// The same failure with the request ids of the exchange in parentheses at the end of its sentence.
  package func withRequestIDs(_ request: Request, _ response: Response) -> Failure {
    let names = RequestIdentifier.shown(request, response)
    guard !names.isEmpty, sentence.hasSuffix(".") else { return self }
    var failure = self
    failure.sentence =
      sentence.hasSuffix(").") ? "\(sentence.dropLast(2)), \(names))." : "\(sentence.dropLast()) (\(names))."
    return failure
  }
}
