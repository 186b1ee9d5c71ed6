// Scheme, host and port, compared byte for byte: a credential is sent to one origin only. RFC 6454, RFC 3986.

internal import IntakeCore

/// The origin of a URL; each credential is bound to one.
package struct Origin: Hashable, Sendable {
  package let scheme: String
  /// Lower case; an IPv6 address keeps its brackets.
  package let host: String
  package let port: UInt16

  /// From `authority`, the part between `//` and the path. nil for userinfo, %-escapes, a host that is neither LDH labels
  /// nor a bracketed address, a trailing dot, an invalid port, and for plain http to anything but the loopback.
  package init?(scheme: String, authority: Substring) {
    guard scheme == "https" || scheme == "http" else { return nil }
    guard let split = Self.split(authority), Self.isHost(split.host) else { return nil }
    guard scheme == "https" || Self.isLoopback(split.host) else { return nil }
    let port = split.port ?? (scheme == "https" ? 443 : 80)
    guard port > 0 else { return nil }
    self.scheme = scheme
    host = split.host
    self.port = port
  }

  /// A plain http origin in 169.254.0.0/16; nil for any other.
  package init?(linkLocal authority: Substring) {
    guard let split = Self.split(authority), Self.isAddress(split.host, in: ["169", "254"]) else { return nil }
    scheme = "http"
    host = split.host
    port = split.port ?? 80
  }

  /// `https://host`, with the port where it is not the scheme's own.
  package var text: String {
    let isDefault = port == (scheme == "https" ? 443 : 80)
    return "\(scheme)://\(host)\(isDefault ? "" : ":\(port)")"
  }

  /// The port is nil if the authority has none.
  private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
    let text = authority.lowercasedASCII
    guard let first = text.utf8.first else { return nil }
    let hostEnd: String.Index
    if first == UInt8(ascii: "[") {
      guard let bracket = text.firstIndex(of: "]") else { return nil }
      hostEnd = text.index(after: bracket)
    } else {
      hostEnd = text.firstIndex(of: ":") ?? text.endIndex
    }
    let rest = text[hostEnd...]
    guard !rest.isEmpty else { return (String(text[..<hostEnd]), nil) }
    let digits = rest.dropFirst()
    guard rest.first == ":", digits.utf8.allSatisfy({ $0 &- 0x30 <= 9 }) else { return nil }
    guard !digits.isEmpty else { return (String(text[..<hostEnd]), nil) }
    guard let port = UInt16(digits) else { return nil }
    return (String(text[..<hostEnd]), port)
  }

  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      return host.hasSuffix("]") && host.utf8.count > 3
        && host.dropFirst().dropLast().utf8.allSatisfy { byte in
          byte &- 0x30 <= 9 || (0x61...0x66).contains(byte) || byte == 0x3A || byte == 0x2E
        }
    }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    return host.utf8.count <= 253 && labels.allSatisfy(isLabel)
  }

  private static func isLabel(_ label: Substring) -> Bool {
    let bytes = label.utf8
    return (1...63).contains(bytes.count) && bytes.first != 0x2D && bytes.last != 0x2D
      && bytes.allSatisfy { (0x61...0x7A).contains($0) || $0 &- 0x30 <= 9 || $0 == 0x2D }
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    return isAddress(host, in: ["127"])
  }

  /// True for a dotted IPv4 address with these first numbers.
  private static func isAddress(_ host: String, in net: [Substring]) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts.starts(with: net) else { return false }
    return parts.allSatisfy { part in
      part.utf8.count <= 3 && part.utf8.allSatisfy { $0 &- 0x30 <= 9 } && UInt8(part) != nil
    }
  }
}
