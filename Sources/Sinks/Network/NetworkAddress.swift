// host:port as written in a spec: names, IPv4, IPv6 in brackets with an optional zone.

internal import IntakeCore

/// Where a syslog receiver listens.
struct NetworkAddress: Sendable, Equatable {
  /// Without brackets.
  let host: String
  let port: UInt16
  /// True if the host is an address and no name: TLS then checks it as one.
  let isNumeric: Bool

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      return nil
    }
    var host = String(text[..<colon])
    if host.hasPrefix("[") {
      guard host.hasSuffix("]"), host.contains(":") else { return nil }
      host = String(host.dropFirst().dropLast())
      guard host.utf8.allSatisfy(Self.isAddressByte) else { return nil }
      isNumeric = true
    } else {
      guard host.utf8.allSatisfy(Self.isNameByte) else { return nil }
      isNumeric = host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
    guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
    self.host = host
    self.port = port
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
  }
}
