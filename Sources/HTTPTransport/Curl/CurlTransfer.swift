// One exchange from its options to its answer, with every limit enforced by our own clock. On the loop's thread.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// An exchange that is to be made, and who waits for its end.
struct CurlOrder: Sendable {
  let request: Request
  /// Header lines with credentials.
  let credentialLines: [Secret]
  let settings: HTTPSettings
  let counter: RequestCounter
  let stop: StopFlag
  let waiting: CheckedContinuation<Result<Response, Failure>, Never>
}

/// Set when the task that waits is cancelled.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }
  func set() { flag.store(true, ordering: .releasing) }
}

/// An exchange on its way.
@safe final class CurlTransfer {
  let order: CurlOrder
  let handle: CurlEasy
  private let multi: CurlMulti
  private let buffer: ResponseBuffer
  private let lines: UnsafeMutableRawPointer?
  private let start = ContinuousClock.now
  private var sent = 0
  private var lastSent: ContinuousClock.Instant
  /// When to look at the deadlines next.
  private(set) var nextLook: ContinuousClock.Instant

  /// How often it is noted how much of a body was sent.
  private static let sendingLook: Duration = .seconds(1)

  /// Configures the handle and hands it to the library.
  init(_ order: CurlOrder, _ multi: CurlMulti) throws(Failure) {
    let request = order.request
    self.order = order
    self.multi = multi
    handle = try multi.handle()
    buffer = ResponseBuffer(bodyCap: min(order.settings.bodyCap, request.bodyCap))
    (lastSent, nextLook) = (start, start)
    var lines = request.headers.map { "\($0.name): \($0.value)" }
    if ResponseBuffer.canDecode { lines.append("Accept-Encoding: gzip") }
    unsafe self.lines = unsafe Self.list(lines + order.credentialLines.map(\.revealed), multi.curl)
    handle.configure(request, order.settings)
    unsafe handle.set(CurlOption.httpHeader, self.lines)
    let pointer = unsafe Unmanaged.passUnretained(buffer).toOpaque()
    unsafe handle.set(CurlOption.writeData, pointer)
    unsafe handle.set(CurlOption.headerData, pointer)
    guard unsafe multi.curl.multi_add_handle(multi.multi, handle.easy) == 0 else {
      close()
      throw fault(CurlCode.multiFailed).failure(request)
    }
  }

  /// Takes the handle back from the library. Call it once, last.
  func close() {
    _ = unsafe multi.curl.multi_remove_handle(multi.multi, handle.easy)
    unsafe multi.curl.slist_free_all(lines)
    multi.giveBack(handle)
  }

  /// The answer after the library is done.
  func end(_ code: Int32) -> Result<Response, Failure> {
    noteSent(ContinuousClock.now)
    guard code == 0 else { return .failure(fault(code).failure(order.request)) }
    guard buffer.headIsComplete, buffer.bodyIsComplete else { return .failure(.cutShort(order.request)) }
    let response = buffer.response(status: handle.number(CurlOption.responseCode))
    order.counter.countAnswer(response)
    return .success(response)
  }

  /// The failure of a transfer that has to end before the library is done.
  func overdue(_ now: ContinuousClock.Instant) -> Failure? {
    if order.stop.isSet { return .stopped }
    guard now >= nextLook else { return nil }
    noteSent(now)
    let (settings, request) = (order.settings, order.request)
    let total = start + settings.totalDeadline
    let idle = max(buffer.lastArrival, lastSent) + settings.idleDeadline
    if now >= total { return .tooSlow(request, settings.totalDeadline) }
    if now >= idle { return .silent(request, settings.idleDeadline) }
    nextLook = min(total, idle)
    if case .post = request.method { nextLook = min(nextLook, now + Self.sendingLook) }
    return nil
  }

  private func noteSent(_ now: ContinuousClock.Instant) {
    let uploaded = handle.number(CurlOption.uploadedBytes)
    guard uploaded > sent else { return }
    order.counter.countSent(uploaded - sent)
    (sent, lastSent) = (uploaded, now)
  }

  private func fault(_ code: Int32) -> CurlFault {
    CurlFault(
      code: code, breach: buffer.breach, connectStatus: handle.number(CurlOption.connectCode),
      verifyResult: handle.number(CurlOption.verifyResult), settings: order.settings)
  }

  private static func list(_ lines: [String], _ curl: csystem_curl) -> UnsafeMutableRawPointer? {
    var list: UnsafeMutableRawPointer?
    for line in lines {
      guard let longer = unsafe curl.slist_append(list, line) else { return unsafe list }
      unsafe list = unsafe longer
    }
    return unsafe list
  }
}

extension CurlEasy {
  fileprivate func configure(_ request: Request, _ settings: HTTPSettings) {
    set(CurlOption.url, request.address.text)
    set(CurlOption.noSignal, 1)
    // A look-up that hangs is left to itself at the deadline and when the program stops: getaddrinfo(3) cannot be ended.
    set(CurlOption.quickExit, 1)
    set(CurlOption.bufferSize, 1 << 18)
    set(CurlOption.followLocation, 0)
    set(CurlOption.pathAsIs, 1)
    set(CurlOption.protocols, CurlOption.httpAndHTTPS)
    set(CurlOption.netrc, 0)
    set(CurlOption.sslVersion, CurlOption.tls12OrNewer)
    set(CurlOption.sslVerifyPeer, 1)
    set(CurlOption.sslVerifyHost, 2)
    set(CurlOption.suppressConnectHeaders, 1)
    set(CurlOption.contentDecoding, 0)
    // Longer than libcurl's two minutes, so that passes five minutes apart share a connection too.
    set(CurlOption.oldestIdleConnectionSeconds, 600)
    set(CurlOption.userAgent, settings.userAgent)
    set(CurlOption.proxy, request.mayUseProxy ? settings.proxy?.revealed ?? "" : "")
    set(CurlOption.connectTimeoutMilliseconds, max(1, settings.connectDeadline.wholeMilliseconds))
    if let file = settings.authorities { set(CurlOption.caInfo, file) }
    if let file = settings.certificateFile { set(CurlOption.sslCertificate, file) }
    if let file = settings.privateKeyFile { set(CurlOption.sslKey, file) }
    unsafe set(CurlOption.writeFunction, ResponseBuffer.bodyCallback)
    unsafe set(CurlOption.headerFunction, ResponseBuffer.headerCallback)
    guard case .post(let body) = request.method else { return }
    set(CurlOption.post, 1)
    switch body {
    case .bytes(let bytes): setBody(bytes)
    case .secret(let text): setBody(Array(text.revealed.utf8))
    }
  }
}

extension HTTPSettings {
  /// The file of authorities that applies, nil for the system's.
  var authorities: String? {
    if let caFile { return caFile }
    guard let value = unsafe getenv("SSL_CERT_FILE") else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
