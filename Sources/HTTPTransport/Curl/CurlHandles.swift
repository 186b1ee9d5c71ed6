// libcurl, opened when first needed, and its handles: many transfers, one connection pool.

internal import CSystem
internal import IntakeCore

/// The option numbers used here. Source: curl/curl.h, which never renumbers them.
enum CurlOption {
  static let writeData: Int32 = 10_001
  static let url: Int32 = 10_002
  static let proxy: Int32 = 10_004
  static let userAgent: Int32 = 10_018
  static let httpHeader: Int32 = 10_023
  static let sslCertificate: Int32 = 10_025
  static let headerData: Int32 = 10_029
  static let caInfo: Int32 = 10_065
  static let sslKey: Int32 = 10_087
  static let copyPostFields: Int32 = 10_165
  static let writeFunction: Int32 = 20_011
  static let headerFunction: Int32 = 20_079
  static let sslVersion: Int32 = 32
  static let post: Int32 = 47
  static let netrc: Int32 = 51
  static let followLocation: Int32 = 52
  static let postFieldSize: Int32 = 60
  static let sslVerifyPeer: Int32 = 64
  static let sslVerifyHost: Int32 = 81
  static let bufferSize: Int32 = 98
  static let noSignal: Int32 = 99
  static let connectTimeoutMilliseconds: Int32 = 156
  static let contentDecoding: Int32 = 158
  static let protocols: Int32 = 181
  static let pathAsIs: Int32 = 234
  static let suppressConnectHeaders: Int32 = 265
  static let oldestIdleConnectionSeconds: Int32 = 288
  /// Since 7.87; an older library does not know it and waits for its resolver.
  static let quickExit: Int32 = 322
  static let responseCode: Int32 = 0x20_0002
  static let verifyResult: Int32 = 0x20_000D
  static let connectCode: Int32 = 0x20_0016
  /// Bytes of the body sent so far: `curl_off_t`, which is `long` on 64-bit systems.
  static let uploadedBytes: Int32 = 0x60_0007

  /// Of the multi handle: how transfers share a connection, and how many connections are kept.
  static let pipelining: Int32 = 3
  static let mostConnections: Int32 = 6

  // Values of the options above.
  /// `CURLPIPE_NOTHING`
  static let noMultiplexing = 0
  static let httpAndHTTPS = 3
  static let tls12OrNewer = 6
  /// `CURL_GLOBAL_ALL`
  static let globalAll = 3
  /// `CURLMSG_DONE`
  static let messageDone = 1
}

/// libcurl's multi handle: the connections that its transfers leave open for each other. Used by one thread; only `Waker`
/// may be called from others.
@safe final class CurlMulti {
  /// Connections up to which one that ends its transfer stays open. What is in use may be more.
  private static let mostIdle = 256
  private static let mostSpare = 32

  let curl: csystem_curl
  let multi: UnsafeMutableRawPointer
  /// Handles of transfers that have ended: they keep TLS sessions.
  private var spare: [CurlEasy] = []

  init() throws(Failure) {
    var curl = csystem_curl()
    guard unsafe csystem_curl_load(&curl, "libcurl.so.4") == 1 else { throw .noLibrary }
    guard curl.global_init(CurlOption.globalAll) == 0, let multi = unsafe curl.multi_init() else { throw .noLibrary }
    self.curl = curl
    unsafe self.multi = multi
    set(CurlOption.mostConnections, Self.mostIdle)
    // A connection serves one transfer at a time: a transfer that hangs hangs alone.
    set(CurlOption.pipelining, CurlOption.noMultiplexing)
  }

  private func set(_ option: Int32, _ value: Int) {
    _ = unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_set_multi($0, multi, option, value) }
  }

  var waker: Waker {
    Waker(
      function: unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_wakeup($0) },
      multi: unsafe UInt(bitPattern: multi))
  }

  /// A handle without options, one that was used before if there is one.
  func handle() throws(Failure) -> CurlEasy {
    let handle = if let known = spare.popLast() { known } else { try CurlEasy(curl) }
    handle.reset()
    return handle
  }

  func giveBack(_ handle: CurlEasy) {
    handle.reset()
    if spare.count < Self.mostSpare { spare.append(handle) }
  }

  /// Moves all transfers on as far as they go; false if the library cannot.
  func perform() -> Bool {
    var running: Int32 = 0
    return unsafe curl.multi_perform(multi, &running) == 0
  }

  /// Ends when data arrives, after the pause, or by the waker; a wake-up before the wait ends it at once.
  func poll(atMost milliseconds: Int) {
    _ = unsafe curl.multi_poll(multi, nil, 0, Int32(clamping: milliseconds), nil)
  }

  /// The handle and the result of a transfer that is done.
  func finished() -> (easy: UInt, code: Int32)? {
    var left: Int32 = 0
    while let message = unsafe curl.multi_info_read(multi, &left) {
      if unsafe message.pointee.message == CurlOption.messageDone {
        return (unsafe UInt(bitPattern: message.pointee.easy), unsafe message.pointee.data.result)
      }
    }
    return nil
  }
}

/// libcurl's easy handle: one transfer at a time.
@safe final class CurlEasy {
  private let curl: csystem_curl
  let easy: UnsafeMutableRawPointer

  init(_ curl: csystem_curl) throws(Failure) {
    guard let easy = curl.easy_init() else { throw .noLibrary }
    self.curl = curl
    unsafe self.easy = easy
  }

  deinit { unsafe curl.easy_cleanup(easy) }

  var address: UInt { unsafe UInt(bitPattern: easy) }

  func reset() { unsafe curl.easy_reset(easy) }

  /// False if the library does not know the option.
  @discardableResult
  func set(_ option: Int32, _ value: Int) -> Bool {
    unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_set_long($0, easy, option, value) } == 0
  }

  func set(_ option: Int32, _ value: String) {
    _ = unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_set_text($0, easy, option, value) }
  }

  func set(_ option: Int32, _ value: UnsafeMutableRawPointer?) {
    _ = unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_set_pointer($0, easy, option, value) }
  }

  func set(_ option: Int32, _ value: csystem_curl_data) {
    _ = unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_set_data($0, easy, option, value) }
  }

  /// The library copies the bytes.
  func setBody(_ bytes: [UInt8]) {
    set(CurlOption.postFieldSize, bytes.count)
    guard !bytes.isEmpty else { return set(CurlOption.copyPostFields, "") }
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe set(CurlOption.copyPostFields, UnsafeMutableRawPointer(mutating: buffer.baseAddress))
    }
  }

  func number(_ field: Int32) -> Int {
    unsafe withUnsafePointer(to: curl) { unsafe csystem_curl_get_long($0, easy, field) }
  }
}

/// Ends a wait from another thread. Valid as long as its handle lives.
struct Waker: Sendable {
  fileprivate let function: UInt
  fileprivate let multi: UInt

  func wake() { csystem_curl_wake(function, multi) }
}

extension Failure {
  static let noLibrary = Failure(
    "http.no_library", exit: .system, "Opening libcurl.so.4: it is not installed, or too old.",
    hint: "Install the system's libcurl package (Debian: libcurl4, Fedora: libcurl); 7.68 or newer.")
}
