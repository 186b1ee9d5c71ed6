// Pages made of texts, and back.

package import IntakeCore

extension Page {
  /// A page whose rows are these texts, one after the other.
  package init(texts: some Sequence<String>, next: PageCursor? = nil, serverDate: Instant? = nil) {
    var bytes: [UInt8] = []
    let rows = texts.map { text in
      let start = bytes.count
      bytes.append(contentsOf: Array(text.utf8))
      return start..<bytes.count
    }
    self.init(bytes: bytes, rows: rows, next: next, serverDate: serverDate)
  }

  /// The rows as texts.
  package var texts: [String] { rows.map { String(decoding: bytes[$0], as: UTF8.self) } }
}
