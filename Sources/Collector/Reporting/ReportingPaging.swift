// Paging by position, as the legacy service does it: a token is the index of the last row returned.

internal import HTTPTransport
internal import IntakeCore

enum ReportingPaging {
  /// Rows that the service puts in a page of its own accord, and the most that `$top` may ask for.
  static let pageSize = 2_000
  /// The service fails at this token whatever the window: observed with status 500.
  static let cap = 999_999

  /// The next page's address where the service gives full pages without a link (`$top`, or OData version 1); nil if
  /// `page` was the last one.
  ///
  /// The token repeats the service's own arithmetic: rows follow after that index. Where a service reads it as "from that
  /// index", one row comes twice, which the ledger sees; none is lost.
  static func following(_ page: Page, of address: WebAddress, top: Int) -> PageCursor? {
    guard page.next == nil, page.rows.count >= top else { return nil }
    let last = page.rows.last.flatMap { index(of: $0, in: page.bytes) }
    let before = token(of: address).map { $0 + 1 } ?? 0
    let token = max(last ?? 0, before + page.rows.count - 1)
    return PageCursor(link: address.setting("$skiptoken", to: String(token)).text)
  }

  static func token(of address: WebAddress) -> Int? {
    address.parameter("$skiptoken").flatMap { bytes in
      bytes.count <= 9 ? Int(String(decoding: bytes, as: UTF8.self)) : nil
    }
  }

  static func isBeyondCap(_ address: WebAddress) -> Bool { (token(of: address) ?? 0) >= cap }

  static func beyondCap(_ request: Request) -> Failure {
    Failure(
      "source.too_many_rows", exit: .tryLater,
      "\(request.purpose): the window holds more rows than the legacy service can page through (\(cap + 1)).",
      hint: "Smaller windows are tried.", recovery: .smallerWindow)
  }

  private static func index(of row: Range<Int>, in bytes: [UInt8]) -> Int? {
    guard row.count <= 1 << 20, let value = try? JSONValue(parsing: Array(bytes[row])),
      let index = value["Index"]?.integer,
      (0...Int64(cap)).contains(index)
    else { return nil }
    return Int(index)
  }
}
