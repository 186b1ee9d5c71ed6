// One service's collection of rows: where it is, what a query for a window looks like, which links belong to it.

internal import HTTPTransport
internal import IntakeCore

/// The only address that data is read from.
struct Collection: Sendable {
  let address: WebAddress

  /// The address behind a next link, sent back byte for byte. Links are relative in the legacy service.
  ///
  /// Throws `source.foreign_link` for anything but the same origin and the very same path.
  func address(behind cursor: PageCursor) throws(Failure) -> WebAddress {
    guard cursor.link.utf8.count <= 65_536 else {
      throw Failure(
        "source.bad_link", exit: .protocolBroken, "Following a next link: it is longer than 64 kB.",
        hint: "Check that the configured URL is the service's own.")
    }
    guard let target = address.resolving(cursor.link) else { throw .foreignLink("an address that is not allowed") }
    guard target.origin == address.origin else { throw .foreignLink(target.origin.host) }
    guard target.path.lowercasedASCII == address.path.lowercasedASCII else {
      throw .foreignLink("another path on \(target.origin.host)")
    }
    return target
  }
}

/// The instants of a window as both services want them: inclusive, in milliseconds, cut so that nothing falls outside.
struct QueryBounds: Sendable {
  let start: String
  let end: String

  init(_ window: Window) {
    start = Timestamp.text(window.start)
    let (ticks, overflow) = window.end.ticks.addingReportingOverflow(9_999)
    end = Timestamp.text(Instant(ticks: overflow ? Int64.max : ticks))
  }
}

extension WebAddress {
  /// The last value of a query parameter, its name compared after unescaping; nil where it is missing or broken.
  func parameter(_ name: String) -> [UInt8]? {
    let pairs = (query ?? "").split(separator: "&").reversed()
    for pair in pairs {
      let equals = pair.firstIndex(of: "=") ?? pair.endIndex
      guard PercentEncoding.decode(pair[..<equals]) == Array(name.utf8) else { continue }
      return equals == pair.endIndex ? [] : PercentEncoding.decode(pair[pair.index(after: equals)...])
    }
    return nil
  }

  /// This address with one query parameter set to an encoded value; the others stay byte for byte.
  func setting(_ name: String, to value: String) -> WebAddress {
    var pairs = (query ?? "").split(separator: "&").map(String.init)
    pairs.removeAll { pair in
      PercentEncoding.decode(pair.prefix { $0 != "=" }) == Array(name.utf8)
    }
    return asking((pairs + ["\(name)=\(value)"]).joined(separator: "&"))
  }
}
