// The endpoint that rows are read from, and the check of next links against it.

internal import HTTPTransport
internal import IntakeCore

/// One collection of rows of a service: the only address that data is read from.
struct Endpoint: Sendable {
  let address: WebAddress

  /// The next-link check: the address of a cursor's link, byte for byte. Links of the legacy service are relative.
  ///
  /// Throws `source.foreign_link` unless origin and path are the endpoint's own.
  func address(behind cursor: PageCursor) throws(Failure) -> WebAddress {
    guard cursor.link.utf8.count <= 65_536 else {
      throw Failure(
        "source.bad_link", exit: .protocolBroken, "Following a next link: it is longer than 64 kB.",
        hint: "Check that the configured URL is the service's own.")
    }
    guard let target = address.resolving(cursor.link) else { throw .foreignAddress("an address that is not allowed") }
    guard target.origin == address.origin else { throw .foreignLink(target.origin.host) }
    guard target.path.lowercasedASCII == address.path.lowercasedASCII else {
      throw .foreignAddress("another path on \(target.origin.host)")
    }
    return target
  }
}

extension Failure {
  fileprivate static func foreignAddress(_ target: String) -> Failure {
    .foreignLink(
      to: target,
      hint: "Check that the configured URL is the service's own; if it is, the response may have been tampered with.")
  }
}
