// The bounds of a window in a query, and query parameters.

internal import HTTPTransport
internal import IntakeCore

/// The bounds of a window as both services expect them: inclusive, in milliseconds, rounded outwards.
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
    return withQuery((pairs + ["\(name)=\(value)"]).joined(separator: "&"))
  }
}

extension Window {
  /// The day that ends a little before `now`.
  static func lastDay(before now: Instant) -> Window {
    Window(start: now - .seconds(86_400), end: now - .seconds(60))
  }
}
