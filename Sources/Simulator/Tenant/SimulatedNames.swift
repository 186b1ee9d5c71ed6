// People, hosts and subjects to make mail of. Among them what breaks careless programs: apostrophes, plus signs, quotes,
// backslashes, line separators, right-to-left marks, markup, nothing at all.

enum SimulatedNames {
  private static let given = [
    "anna", "bela", "chen", "dina", "emre", "fatou", "george", "hana", "ivan", "juno", "kofi", "lena", "mateo", "nadia",
    "oskar", "priya", "quentin", "rosa", "sven", "tala", "uma", "vito", "wanda", "yusuf",
  ]
  private static let family = [
    "adeyemi", "berg", "castillo", "dubois", "eriksen", "fischer", "garcia", "haddad", "ito", "jansen", "kowalski",
    "larsen", "moreau", "novak", "okafor", "petrov", "quinn", "rossi", "silva", "tanaka", "ueda", "varga", "weiss",
  ]
  private static let foreignDomains = [
    "example.net", "mail.example", "partner.example", "news.example.org", "xn--r8jz45g.example", "sub.mail.example",
  ]
  private static let subjects: [String?] = [
    "Quarterly report", "Re: Lunch on Friday", "Invoice", "Fw: \"Minutes\" of the meeting", "Bericht für März – Größe",
    "会議の議事録", "🎉 Congratulations 👩‍💻", "C:\\Temp\\report.docx", "Tab\there and line\nbreak",
    "<script>alert('x')</script>", "Price: 100 % & more; a=b", "\u{202E}gnp.exe", "split\u{2028}here", "", nil,
    "Ünïcödé İstanbul ẞ", "Your order {\"id\": 5}", "[EXTERNAL] Password reset",
  ]

  /// A local part that no other number has, compared without case.
  static func localPart(_ number: Int) -> String {
    let first = given[number % given.count]
    let last = family[number / given.count % family.count]
    switch number {
    case let number where number % 97 == 13: return "\(first).o'\(last)\(number)"
    case let number where number % 61 == 7: return "\(first)+\(last)\(number)"
    case let number where number % 53 == 5: return "\(first.uppercased()).\(last)\(number)"
    case let number where number % 211 == 9: return "jürgen.\(last)\(number)"
    default: return "\(first).\(last)\(number)"
    }
  }

  static func foreignAddress(_ number: Int) -> String {
    "\(localPart(number))@\(foreignDomains[number % foreignDomains.count])"
  }

  static func subject(_ random: inout KeyedRandom) -> String? {
    let base = subjects[random.below(subjects.count)]
    let number = random.below(10_000)
    guard let base, !base.isEmpty else { return base }
    return number % 500 == 0 ? String(repeating: "\(base) ", count: 40) : "\(base) \(number)"
  }

  /// IPv4 or IPv6 of the documentation ranges (RFC 5737, RFC 3849), rarely nil.
  static func address(_ random: inout KeyedRandom) -> String? {
    let host = random.below(250) + 1
    switch random.below(20) {
    case 0: return nil
    case 1...4: return "2001:db8:\(String(host, radix: 16))::\(String(random.below(65_535) + 1, radix: 16))"
    case 5...11: return "198.51.100.\(host)"
    default: return "203.0.113.\(host)"
    }
  }
}
