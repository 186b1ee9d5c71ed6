// Whether a row matches a filter. Every row is checked here too: the services ignore filters that they do not know.

internal import Glibc
internal import HTTPTransport
internal import IntakeCore

extension QueryFilter {
  /// True if each field that has values matches one of them.
  package func matches(_ row: QueryRow) -> Bool {
    values.allSatisfy { field, wanted in
      wanted.contains { matches(field, $0, row) }
    }
  }

  private func matches(_ field: Field, _ wanted: String, _ row: QueryRow) -> Bool {
    switch field {
    case .traceID: Self.same(wanted, row.traceID)
    case .messageID: Self.same(wanted, row.messageID)
    case .recipient: Self.isAddress(row.recipient, wanted)
    case .sender: Self.isAddress(row.sender, wanted)
    case .status: Self.same(wanted, row.status)
    case .fromIP: IPText.canonical(wanted) == IPText.canonical(row.fromIP)
    case .toIP: IPText.canonical(wanted) == IPText.canonical(row.toIP)
    case .subject: isSubject(row.subject, wanted)
    }
  }

  private static func same(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }

  /// `*@domain` stands for every address of exactly that domain; an asterisk elsewhere for any text.
  private static func isAddress(_ address: String, _ wanted: String) -> Bool {
    guard Wildcard.isPattern(wanted) else { return same(address, wanted) }
    let domain = wanted.dropFirst()
    guard wanted.hasPrefix("*@"), !domain.contains("*") else { return Wildcard.matches(wanted, address) }
    guard let at = address.lastIndex(of: "@") else { return false }
    return same(String(address[at...]), String(domain))
  }

  private func isSubject(_ subject: String, _ wanted: String) -> Bool {
    if subjectsArePatterns, Wildcard.isPattern(wanted) { return Wildcard.matches(wanted, subject) }
    let (subject, wanted) = (subject.lowercased(), wanted.lowercased())
    switch subjectTest {
    case .contains: return wanted.isEmpty || subject.contains(wanted)
    case .startsWith: return subject.hasPrefix(wanted)
    case .endsWith: return subject.hasSuffix(wanted)
    }
  }
}

/// IP addresses in one spelling.
enum IPText {
  /// The shortest spelling in lower case; any other text as it is, in lower case.
  static func canonical(_ text: String) -> String {
    var room = [UInt8](repeating: 0, count: 16)
    let family = text.contains(":") ? AF_INET6 : AF_INET
    guard unsafe inet_pton(family, text, &room) == 1 else { return text.lowercased() }
    var output = [CChar](repeating: 0, count: 64)
    guard unsafe inet_ntop(family, room, &output, socklen_t(output.count)) != nil else { return text.lowercased() }
    return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
