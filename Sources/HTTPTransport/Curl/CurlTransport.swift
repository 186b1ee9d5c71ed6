// The network: libcurl on a thread of its own, every limit of ours enforced by our own clock.

internal import CSystem
internal import Glibc
package import IntakeCore

/// Sends requests one after another over connections that stay open. No redirect is followed, no cookie, netrc file or
/// proxy variable is looked at, and TLS is always verified.
package actor CurlTransport: Transport {
  private let settings: HTTPSettings
  private let executor = ThreadExecutor(name: "http")
  private var handles: CurlHandles?
  /// nil until it is known whether zlib is there.
  private var encodings: [String]?
  private let counter: RequestCounter

  package init(_ settings: HTTPSettings, counting counter: RequestCounter) {
    self.settings = settings
    self.counter = counter
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  package func send(_ request: Request) async throws(Failure) -> Response {
    let handles = try opened()
    var lines: [Secret] = []
    for credential in (request.authorization.map { [$0] } ?? []) + request.credentials {
      lines.append(try credential.header(for: request.address))
    }
    let credentialLines = lines
    let waker = handles.waker
    counter.countRequest()
    let result = await withTaskCancellationHandler {
      perform(request, credentialLines, handles)
    } onCancel: {
      waker.wake()
    }
    return try result.get()
  }

  private func opened() throws(Failure) -> CurlHandles {
    if let handles { return handles }
    let handles = try CurlHandles()
    self.handles = handles
    return handles
  }

  private func acceptedEncodings() -> [String] {
    let encodings = self.encodings ?? (GzipReader() == nil ? [] : ["Accept-Encoding: gzip"])
    self.encodings = encodings
    return encodings
  }

  private func perform(_ request: Request, _ credentialLines: [Secret], _ handles: CurlHandles) -> Result<
    Response, Failure
  > {
    let buffer = ResponseBuffer(bodyCap: min(settings.bodyCap, request.bodyCap))
    var lines = request.headers.map { "\($0.name): \($0.value)" } + acceptedEncodings()
    lines += credentialLines.map(\.revealed)
    let list = unsafe Self.list(lines, handles)
    defer { unsafe handles.curl.slist_free_all(list) }
    configure(request, handles)
    unsafe handles.set(CurlOption.httpHeader, list)
    let pointer = unsafe Unmanaged.passUnretained(buffer).toOpaque()
    unsafe handles.set(CurlOption.writeData, pointer)
    unsafe handles.set(CurlOption.headerData, pointer)
    return withExtendedLifetime(buffer) { transfer(buffer, request, handles) }
  }

  private func transfer(_ buffer: ResponseBuffer, _ request: Request, _ handles: CurlHandles) -> Result<
    Response, Failure
  > {
    do {
      let code = try wait(buffer, request, handles)
      guard code == 0 else {
        let fault = CurlFault(
          code: code, breach: buffer.breach, connectStatus: handles.number(CurlOption.connectCode),
          verifyResult: handles.number(CurlOption.verifyResult), settings: settings)
        return .failure(fault.failure(request))
      }
      guard buffer.headIsComplete, buffer.bodyIsComplete else { return .failure(.cutShort(request)) }
      let response = buffer.response(status: handles.number(CurlOption.responseCode))
      counter.countAnswer(response)
      return .success(response)
    } catch {
      return .failure(error)
    }
  }

  /// Runs the transfer to its end and returns the library's result code. A wait ends when data arrives, at the next
  /// deadline, or by the waker; a wake-up before the wait ends the wait at once.
  private func wait(_ buffer: ResponseBuffer, _ request: Request, _ handles: CurlHandles) throws(Failure) -> Int32 {
    guard unsafe handles.curl.multi_add_handle(handles.multi, handles.easy) == 0 else {
      return CurlCode.multiFailed
    }
    defer { _ = unsafe handles.curl.multi_remove_handle(handles.multi, handles.easy) }
    let start = ContinuousClock.now
    var (sent, lastSent) = (0, start)
    while true {
      var running: Int32 = 0
      guard unsafe handles.curl.multi_perform(handles.multi, &running) == 0 else { return CurlCode.multiFailed }
      let uploaded = handles.number(CurlOption.uploadedBytes)
      if uploaded > sent {
        counter.countSent(uploaded - sent)
        (sent, lastSent) = (uploaded, ContinuousClock.now)
      }
      if let code = handles.finished() { return code }
      guard !Task.isCancelled else { throw .stopped }
      let now = ContinuousClock.now
      let total = settings.totalDeadline - (now - start)
      let idle = settings.idleDeadline - (now - max(buffer.lastArrival, lastSent))
      guard total > .zero else { throw .tooSlow(request, settings.totalDeadline) }
      guard idle > .zero else { throw .silent(request, settings.idleDeadline) }
      let pause = min(total, idle).wholeMilliseconds + 1
      _ = unsafe handles.curl.multi_poll(handles.multi, nil, 0, Int32(clamping: pause), nil)
    }
  }

  private func configure(_ request: Request, _ handles: CurlHandles) {
    unsafe handles.curl.easy_reset(handles.easy)
    handles.set(CurlOption.url, request.address.text)
    handles.set(CurlOption.noSignal, 1)
    // A look-up that hangs is left to itself at the deadline and when the program stops: getaddrinfo(3) cannot be ended.
    handles.set(CurlOption.quickExit, 1)
    handles.set(CurlOption.bufferSize, 1 << 18)
    handles.set(CurlOption.followLocation, 0)
    handles.set(CurlOption.pathAsIs, 1)
    handles.set(CurlOption.protocols, CurlOption.httpAndHTTPS)
    handles.set(CurlOption.netrc, 0)
    handles.set(CurlOption.sslVersion, CurlOption.tls12OrNewer)
    handles.set(CurlOption.sslVerifyPeer, 1)
    handles.set(CurlOption.sslVerifyHost, 2)
    handles.set(CurlOption.suppressConnectHeaders, 1)
    handles.set(CurlOption.contentDecoding, 0)
    // Longer than libcurl's two minutes, so that passes five minutes apart share a connection too.
    handles.set(CurlOption.oldestIdleConnectionSeconds, 600)
    handles.set(CurlOption.userAgent, settings.userAgent)
    handles.set(CurlOption.proxy, request.mayUseProxy ? settings.proxy?.revealed ?? "" : "")
    handles.set(CurlOption.connectTimeoutMilliseconds, max(1, settings.connectDeadline.wholeMilliseconds))
    if let file = settings.caFile ?? Self.environment("SSL_CERT_FILE") { handles.set(CurlOption.caInfo, file) }
    if let file = settings.certificateFile { handles.set(CurlOption.sslCertificate, file) }
    if let file = settings.privateKeyFile { handles.set(CurlOption.sslKey, file) }
    unsafe handles.set(CurlOption.writeFunction, ResponseBuffer.bodyCallback)
    unsafe handles.set(CurlOption.headerFunction, ResponseBuffer.headerCallback)
    guard case .post(let body) = request.method else { return }
    handles.set(CurlOption.post, 1)
    switch body {
    case .bytes(let bytes): handles.setBody(bytes)
    case .secret(let text): handles.setBody(Array(text.revealed.utf8))
    }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  private static func list(_ lines: [String], _ handles: CurlHandles) -> UnsafeMutableRawPointer? {
    var list: UnsafeMutableRawPointer?
    for line in lines {
      guard let longer = unsafe handles.curl.slist_append(list, line) else { return unsafe list }
      unsafe list = unsafe longer
    }
    return unsafe list
  }
}
