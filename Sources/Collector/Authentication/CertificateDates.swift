// From when until when a certificate is valid. RFC 5280 section 4.1.2.5; DER, X.690.

internal import HTTPTransport
internal import IntakeCore

/// The validity of the first certificate in a PEM file.
struct CertificateDates: Sendable, Equatable {
  var begin: Instant
  var end: Instant

  /// How long before the end a warning begins: changing a certificate takes people and time.
  static let notice = Duration.seconds(30 * 86_400)

  /// From DER; nil where it is no certificate.
  init?(_ der: [UInt8]) {
    var outer = DERReader(der[...])
    guard var certificate = outer.enter(0x30), var body = certificate.enter(0x30) else { return nil }
    // Version, which is optional, serial number, signature algorithm, issuer.
    if body.tag == 0xA0 { _ = body.enter(0xA0) }
    guard body.enter(0x02) != nil, body.enter(0x30) != nil, body.enter(0x30) != nil, var validity = body.enter(0x30),
      let begin = validity.time(), let end = validity.time()
    else { return nil }
    self.begin = begin
    self.end = end
  }

  /// What `check` reports of the certificate; nil where its dates cannot be read.
  static func finding(_ file: String, now: Instant) -> SourceCheck.Finding? {
    guard let pem = try? FileBytes.read(file, purpose: "certificate"),
      let der = ClientAssertion.firstCertificate(pem), let dates = CertificateDates(der)
    else { return nil }
    return dates.finding(now)
  }

  private func finding(_ now: Instant) -> SourceCheck.Finding {
    let hint = "Make a new certificate, upload it to the app registration, and configure it."
    let day = Timestamp.text(end).prefix(10)
    if now >= end {
      return .init(name: "certificate", isGood: false, sentence: "The app's certificate expired on \(day).", hint: hint)
    }
    if now < begin {
      return .init(
        name: "certificate", isGood: false,
        sentence: "The app's certificate is not valid before \(Timestamp.text(begin).prefix(10)).",
        hint: "Check this host's clock, or configure a certificate that is valid now.")
    }
    let days = (end - now).components.seconds / 86_400
    guard end - now < Self.notice else {
      return .init(name: "certificate", isGood: true, sentence: "The app's certificate is valid until \(day).")
    }
    return .init(
      name: "certificate", isGood: true, sentence: "The app's certificate expires on \(day), in \(days) days.",
      hint: hint, isWarning: true)
  }
}

/// Elements of DER, one after the other; nothing is read outside of what it was given.
private struct DERReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var tag: UInt8? { rest.first }

  /// The content of the next element, which is passed; nil if it has another tag or is not whole.
  mutating func enter(_ wanted: UInt8) -> DERReader? {
    guard rest.popFirst() == wanted, let length = length(), length <= rest.count else { return nil }
    defer { rest = rest.dropFirst(length) }
    return DERReader(rest.prefix(length))
  }

  /// UTCTime (`YYMMDDHHMMSSZ`, from 1950 to 2049) or GeneralizedTime (`YYYYMMDDHHMMSSZ`).
  mutating func time() -> Instant? {
    let isLong = tag == 0x18
    guard let content = enter(isLong ? 0x18 : 0x17)?.rest else { return nil }
    let text = String(decoding: content, as: UTF8.self)
    guard text.utf8.count == (isLong ? 15 : 13), text.hasSuffix("Z"),
      content.dropLast().allSatisfy({ $0 &- 0x30 <= 9 })
    else { return nil }
    let whole = isLong ? text : (text < "50" ? "20" : "19") + text
    let parts = [4, 2, 2, 2, 2, 2].reduce(into: (at: whole.startIndex, parts: [Substring]())) { state, width in
      let end = whole.index(state.at, offsetBy: width)
      state.parts.append(whole[state.at..<end])
      state.at = end
    }.parts
    return Timestamp.parse("\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z")
  }

  private mutating func length() -> Int? {
    guard let first = rest.popFirst() else { return nil }
    guard first >= 0x80 else { return Int(first) }
    let count = Int(first & 0x7F)
    guard (1...4).contains(count), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
  }
}
