// The SMTP status of a failed delivery, extracted from the services' texts, so that similar failures are counted together.

/// Reads `Reason: [{LED=550 5.4.310 DNS domain … does not exist [Message=InfoDomainNonexistent] …};{MSG=…}…]`.
enum FailureReason {
  /// A short reason without names of hosts or people, such as `550 5.4.310 InfoDomainNonexistent`; the beginning of the
  /// text where it holds no SMTP status.
  static func short(_ text: String) -> String {
    let bytes = Array(text.utf8.prefix(4_096))
    guard let code = code(bytes) else {
      let words = text.unicodeScalars.prefix(80)
      return words.isEmpty ? "no reason given" : String(String.UnicodeScalarView(words))
    }
    let status = String(decoding: bytes[code], as: UTF8.self)
    let name = token(bytes, after: "Message=") ?? token(bytes, after: "MSG=") ?? dotted(bytes, from: code.upperBound)
    return name.map { "\(status) \($0)" } ?? status
  }

  /// In plain words, by the enhanced status code in a short reason; nil where it has none.
  /// Source: RFC 3463 section 3; Microsoft, "Email non-delivery reports and SMTP errors in Exchange Online".
  static func meaning(_ reason: String) -> String? {
    let parts = reason.split(separator: " ").dropFirst().first?.split(separator: ".").compactMap { Int($0) } ?? []
    guard parts.count == 3, reason.hasPrefix("\(parts[0])") else { return nil }
    return known["\(parts[1]).\(parts[2])"] ?? subjects[parts[1]]
  }

  private static let known: [String: String] = [
    "1.1": "no such recipient", "1.10": "no such recipient", "1.8": "sender blocked for spam", "2.2": "mailbox full",
    "2.3": "message too large", "3.4": "message too large", "4.1": "domain does not accept mail",
    "4.14": "mail loop", "4.310": "no such domain", "4.316": "connection refused",
    "7.1": "refused by a policy", "7.23": "refused because of SPF", "7.26": "sender not authenticated",
    "7.509": "refused because of DMARC", "7.520": "forwarding not allowed",
  ]

  private static let subjects: [Int: String] = [
    1: "address error", 2: "the mailbox", 3: "the mail system", 4: "network or routing", 5: "the protocol",
    6: "the content", 7: "security or policy",
  ]

  /// The place of a code such as `550 5.4.310`: RFC 5321 section 4.2 and RFC 3463 section 2.
  private static func code(_ bytes: [UInt8]) -> Range<Int>? {
    func digits(_ start: Int, _ most: Int) -> Int {
      bytes[min(start, bytes.count)...].prefix(most).prefix { $0 &- 0x30 <= 9 }.count
    }
    for start in bytes.indices where bytes[start] == 0x34 || bytes[start] == 0x35 {
      guard start == 0 || bytes[start - 1] &- 0x30 > 9, digits(start, 4) == 3, start + 6 < bytes.count,
        bytes[start + 3] == 0x20, bytes[start + 4] == bytes[start], bytes[start + 5] == 0x2E
      else { continue }
      let subject = digits(start + 6, 3)
      let dot = start + 6 + subject
      guard subject > 0, dot < bytes.count, bytes[dot] == 0x2E else { continue }
      let detail = digits(dot + 1, 3)
      if detail > 0 { return start..<(dot + 1 + detail) }
    }
    return nil
  }

  /// The word behind `mark`: letters, digits and dots only.
  private static func token(_ bytes: [UInt8], after mark: String) -> String? {
    let mark = Array(mark.utf8)
    guard bytes.count > mark.count else { return nil }
    for start in 0..<(bytes.count - mark.count) where bytes[start..<(start + mark.count)].elementsEqual(mark) {
      if let word = word(bytes, from: start + mark.count) { return word }
    }
    return nil
  }

  /// Exchange's own name of the error behind the code: `RESOLVER.ADR.RecipNotFound`.
  private static func dotted(_ bytes: [UInt8], from start: Int) -> String? {
    guard start < bytes.count, bytes[start] == 0x20, let word = word(bytes, from: start + 1), word.contains("."),
      word.utf8.first.map({ $0 >= 0x41 && $0 <= 0x5A }) == true
    else { return nil }
    return word
  }

  private static func word(_ bytes: [UInt8], from start: Int) -> String? {
    let letters = bytes[min(start, bytes.count)...].prefix(60).prefix { byte in
      byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 <= 25 || byte == 0x2E
    }
    let word = String(decoding: letters, as: UTF8.self)
    let trimmed = word.hasSuffix(".") ? String(word.dropLast()) : word
    return trimmed.isEmpty ? nil : trimmed
  }
}
