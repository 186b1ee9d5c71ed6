// What arrives during one exchange, kept within bounds. The library's callbacks write here.

internal import CSystem
internal import IntakeCore

/// One answer while it arrives: its head and its body apart.
final class ResponseBuffer {
  enum Breach { case head, body, encoding }

  private(set) var headers: [(name: String, value: String)] = []
  private(set) var body: [UInt8] = []
  private(set) var headIsComplete = false
  /// What was broken, after which nothing more is taken.
  private(set) var breach: Breach?
  private(set) var lastArrival: ContinuousClock.Instant
  private let bodyCap: Int
  private var headBytes = 0
  private var gzip: GzipReader?

  init(bodyCap: Int) {
    self.bodyCap = bodyCap
    lastArrival = ContinuousClock.now
  }

  /// One piece of the body as sent; false stops the transfer.
  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    lastArrival = ContinuousClock.now
    if gzip == nil, isGzip { gzip = GzipReader() }
    guard let gzip else { return unsafe takePlain(bytes) }
    switch unsafe gzip.take(bytes, into: &body, cap: bodyCap) {
    case .more: return true
    case .tooLarge: breach = .body
    case .corrupt: breach = .encoding
    }
    return false
  }

  private func takePlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= bodyCap - body.count else {
      breach = .body
      return false
    }
    if body.isEmpty { body.reserveCapacity(min(announced, bodyCap, Self.largestReserve)) }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  /// The body's length as the peer says, which is only believed as far as memory costs nothing before it is used.
  private var announced: Int {
    headers.last { $0.name == "content-length" }.flatMap { Int($0.value) }.map { max(0, $0) } ?? 0
  }

  private static let largestReserve = 16 << 20

  /// True if zlib is there.
  static let canDecode = GzipReader() != nil

  /// False where a compressed body ended before its stream did.
  var bodyIsComplete: Bool { gzip?.isFinished ?? true }

  private var isGzip: Bool {
    let encodings = headers.filter { $0.name == "content-encoding" }
    return encodings.count == 1 && encodings.allSatisfy { $0.value.lowercasedASCII == "gzip" }
  }

  /// One header line with its line end, of the answer or of an interim one before it; false stops the transfer.
  func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    lastArrival = ContinuousClock.now
    headBytes += bytes.count
    guard headBytes <= HTTPSettings.headCap else {
      breach = .head
      return false
    }
    let line = String(decoding: unsafe bytes.filter { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
    if line.isEmpty {
      headIsComplete = true
    } else if line.hasPrefix("HTTP/") {
      headers = []
      headIsComplete = false
    } else if let colon = line.firstIndex(of: ":") {
      headers.append(
        (line[..<colon].lowercasedASCII, line[line.index(after: colon)...].trimmingSpace))
    }
    return true
  }

  func response(status: Int) -> Response { Response(status: status, headers: headers, body: body) }

  /// For the library: the pieces come with this object's address.
  static let bodyCallback: csystem_curl_data = { bytes, size, count, user in
    unsafe deliver(bytes, size, count, user) { unsafe $0.takeBody($1) }
  }

  static let headerCallback: csystem_curl_data = { bytes, size, count, user in
    unsafe deliver(bytes, size, count, user) { unsafe $0.takeHeader($1) }
  }

  private static func deliver(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?,
    to take: (ResponseBuffer, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let user = unsafe user else { return 0 }
    let buffer = unsafe Unmanaged<ResponseBuffer>.fromOpaque(user).takeUnretainedValue()
    let (total, overflow) = size.multipliedReportingOverflow(by: count)
    guard !overflow else { return 0 }
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: unsafe bytes == nil ? 0 : total)
    return unsafe take(buffer, piece) ? total : -1
  }
}
