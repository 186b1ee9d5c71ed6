// Graph's skip tokens: opaque, signed, and valid only for the query that they were made for.

internal import IntakeCore

/// The place where a page begins, with the window as it was when the first page was asked for.
struct SimulatedSkipToken: Equatable {
  var start: Instant
  var end: Instant
  var position: RowPosition

  /// - Parameter query: what of the request must stay the same, such as filter and page size.
  func sealed(by tokens: AccessTokens, query: String) -> String {
    let plain = "\(start.ticks)|\(end.ticks)|\(position.message)|\(position.recipient)"
    let body = Base64.encodeForURL(Array(plain.utf8))
    return "\(body).\(tokens.seal("\(body)\n\(query)"))"
  }

  init(start: Instant, end: Instant, position: RowPosition) {
    self.start = start
    self.end = end
    self.position = position
  }

  /// nil for a token that was not made here, or for another query.
  init?(_ text: String, by tokens: AccessTokens, query: String) {
    let parts = text.split(separator: ".")
    guard parts.count == 2, parts[1] == tokens.seal("\(parts[0])\n\(query)"), let plain = Base64.decode(parts[0])
    else { return nil }
    let numbers = String(decoding: plain, as: UTF8.self).split(separator: "|").compactMap { Int64($0) }
    guard numbers.count == 4 else { return nil }
    start = Instant(ticks: numbers[0])
    end = Instant(ticks: numbers[1])
    position = RowPosition(message: Int(numbers[2]), recipient: Int(numbers[3]))
  }
}
