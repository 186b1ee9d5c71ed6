// A URL, parsed for validation and sent unchanged. RFC 3986 sections 3 and 5.

internal import IntakeCore

/// An http or https URL with a valid origin.
package struct WebAddress: Hashable, Sendable {
  package let origin: Origin
  /// Begins with a slash.
  package let path: String
  /// Without its question mark; nil where there is none.
  package let query: String?

  /// The request target is what came in: only bytes that cannot stand in a request line are percent-encoded.
  package var text: String { origin.text + path + (query.map { "?" + $0 } ?? "") }

  /// nil for anything but an absolute http or https URL with an authority and a sound origin; for control characters and
  /// backslashes anywhere; for more than 64 kB.
  package init?(_ text: String) {
    guard Self.isClean(text), let colon = text.firstIndex(of: ":") else { return nil }
    let scheme = text[..<colon].lowercasedASCII
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { return nil }
    self.init(scheme: scheme, afterSlashes: rest.dropFirst(2))
  }

  private init?(scheme: String, afterSlashes rest: Substring) {
    let authorityEnd = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    guard let origin = Origin(scheme: scheme, authority: rest[..<authorityEnd]) else { return nil }
    let parts = Self.split(rest[authorityEnd...])
    self.init(origin: origin, path: parts.path.isEmpty ? "/" : String(parts.path), query: parts.query.map(String.init))
  }

  private init(origin: Origin, path: String, query: String?) {
    self.origin = origin
    self.path = PercentEncoding.escapingIllegalBytes(path)
    self.query = query.map(PercentEncoding.escapingIllegalBytes)
  }

  /// Resolves `reference` against this address; nil if the result is not a valid address.
  package func resolving(_ reference: String) -> WebAddress? {
    guard Self.isClean(reference) else { return nil }
    if reference.hasPrefix("//") { return WebAddress(scheme: origin.scheme, afterSlashes: reference.dropFirst(2)) }
    let stop = reference.firstIndex { ":/?#".contains($0) }
    if let stop, reference[stop] == ":" { return WebAddress(reference) }
    let parts = Self.split(reference[...])
    if parts.path.isEmpty {
      return WebAddress(origin: origin, path: path, query: parts.query.map(String.init) ?? query)
    }
    let merged = parts.path.hasPrefix("/") ? String(parts.path) : directory + parts.path
    return WebAddress(
      origin: origin, path: Self.removingDotSegments(merged), query: parts.query.map(String.init))
  }

  /// This address with `name` below it and another query.
  package func appending(_ name: String, query: String? = nil) -> WebAddress {
    let base = path.hasSuffix("/") ? String(path.dropLast()) : path
    return WebAddress(origin: origin, path: base + "/" + name, query: query)
  }

  /// This address with another query.
  package func withQuery(_ query: String) -> WebAddress {
    WebAddress(origin: origin, path: path, query: query)
  }

  private var directory: String {
    guard let slash = path.lastIndex(of: "/") else { return "/" }
    return String(path[...slash])
  }

  /// The fragment is cut: it is never sent.
  private static func split(_ text: Substring) -> (path: Substring, query: Substring?) {
    let whole = text[..<(text.firstIndex(of: "#") ?? text.endIndex)]
    guard let mark = whole.firstIndex(of: "?") else { return (whole, nil) }
    return (whole[..<mark], whole[whole.index(after: mark)...])
  }

  private static func isClean(_ text: String) -> Bool {
    let bytes = text.utf8
    return bytes.count <= 65_536 && bytes.allSatisfy { $0 > 0x1F && $0 != 0x7F && $0 != 0x5C }
  }

  /// RFC 3986 section 5.2.4, on whole segments.
  private static func removingDotSegments(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for segment in segments {
      switch segment {
      case ".": continue
      case "..": _ = kept.popLast()
      default: kept.append(segment)
      }
    }
    let endsInSlash = segments.last == "." || segments.last == ".."
    return "/" + kept.joined(separator: "/") + (endsInSlash && !kept.isEmpty ? "/" : "")
  }
}

extension WebAddress {
  /// As `init`, with plain http also allowed to link-local addresses: the instance metadata endpoint has no TLS.
  package static func local(_ text: String) -> WebAddress? {
    if let address = WebAddress(text) { return address }
    guard isClean(text), text.lowercasedASCII.hasPrefix("http://") else { return nil }
    let rest = text.dropFirst(7)
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    guard let origin = Origin(linkLocal: rest[..<end]) else { return nil }
    let parts = split(rest[end...])
    return WebAddress(
      origin: origin, path: parts.path.isEmpty ? "/" : String(parts.path), query: parts.query.map(String.init))
  }
}
