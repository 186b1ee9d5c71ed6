// Replaces subjects and local parts with keyed hashes: equal values stay equal, and cannot be recovered without the key.

package import IntakeCore

/// What is hidden, and the key.
package struct Redaction: Sendable {
  package enum Part: String, Sendable, CaseIterable {
    case subject
    /// What precedes the `@` of addresses; other texts with an `@` in them are hidden whole.
    case localPart = "local-part"
  }

  package var parts: Set<Part>
  package var key: Secret

  /// - Parameter list: `subject`, `local-part`, or both with a comma between.
  package init(list: String, key: Secret) throws(Failure) {
    parts = []
    for name in list.split(separator: ",") {
      guard let part = Part(rawValue: String(name.filter { $0 != " " })) else {
        throw Failure(
          "redaction.unknown", exit: .configuration,
          "Reading what to redact: unknown value \(Log.clean(String(name), limit: 40)).",
          hint: "Valid values: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      parts.insert(part)
    }
    guard key.revealed.utf8.count >= 16 else {
      throw Failure(
        "redaction.key", exit: .configuration, "Reading the redaction key: it is shorter than 16 bytes.",
        hint: "Generate one with: openssl rand -hex 32")
    }
    self.key = key
  }
}

/// A redaction made ready.
struct Redactor: Sendable {
  let hidesSubject: Bool
  let hidesLocalPart: Bool
  private let inner: [UInt8]
  private let outer: [UInt8]

  init(_ redaction: Redaction) {
    hidesSubject = redaction.parts.contains(.subject)
    hidesLocalPart = redaction.parts.contains(.localPart)
    var key = Array(redaction.key.revealed.utf8)
    if key.count > 64 { key = SHA256.digest(key) }
    key += [UInt8](repeating: 0, count: 64 - key.count)
    inner = key.map { $0 ^ 0x36 }
    outer = key.map { $0 ^ 0x5C }
  }

  /// The first 128 bits of HMAC-SHA256 (RFC 2104) in hex.
  func hash(_ text: [UInt8]) -> [UInt8] {
    let digest = SHA256.digest(outer + SHA256.digest(inner + text))
    return digest.prefix(16).flatMap { byte in
      [byte >> 4, byte & 0xF].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
    }
  }

  /// True if a text may hold an address: it has an `@`, be it escaped.
  func hides(_ span: RawSpan, _ range: Range<Int>) -> [UInt8]? {
    guard hidesLocalPart else { return nil }
    var text: [UInt8] = []
    Text.decode(span, range.lowerBound, range.upperBound, to: &text)
    return text.contains(UInt8(ascii: "@")) ? hash(text) : nil
  }
}

extension RowScanner {
  /// Puts hashes in the place of what is private; the identity has been made by then.
  mutating func redact(_ span: RawSpan, _ plan: borrowing Plan) {
    guard let redactor = plan.redactor else { return }
    for slot in plan.privateSubjectSlots where redactor.hidesSubject && hasText(slot) {
      replace(slot, redactor.hash(text(slot, span)))
    }
    guard redactor.hidesLocalPart else { return }
    for slot in plan.privateAddressSlots where hasText(slot) {
      let text = text(slot, span)
      guard text != Array("<>".utf8) else { continue }
      let at = slots[slot & 63].at.map { $0 - slots[slot & 63].start }
      guard let at, at > 0, at < text.count else {
        replace(slot, redactor.hash(text))
        continue
      }
      replace(slot, redactor.hash(text[..<at].map { ASCII.lowerCased($0) }) + text[at...], at: 32)
    }
    for slot in plan.privateTextSlots where hasText(slot) {
      let text = text(slot, span)
      if text.contains(UInt8(ascii: "@")) { replace(slot, redactor.hash(text)) }
    }
  }

  private func text(_ index: Int, _ span: RawSpan) -> [UInt8] {
    let slot = slots[index & 63]
    if slot.isDecoded { return Array(decoded[slot.start..<min(slot.end, decoded.count)]) }
    return (slot.start..<slot.end).map { span.byte($0) }
  }
}
