// A TLS receiver that ends its side first and closes 50 ms later, with bytes unread that its system has taken, as some
// proxies do.

internal import CSystem
internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

/// Reads so many bytes of a connection, says close_notify, ends its side, and closes 50 ms later. Orderly from the given
/// connection on.
final class EarlyTLSReceiver: Sendable {
  private typealias Method = @convention(c) () -> UnsafeMutableRawPointer?
  private typealias Accept = @convention(c) (UnsafeMutableRawPointer?) -> Int32

  let port: UInt16
  private let after: Int
  private let until: Int
  private let listener: Int32
  /// The library's settings, and its call that accepts, as addresses.
  private let settings: UInt
  private let acceptCall: UInt
  private let got = Mutex<[[UInt8]]>([])

  /// - Parameter folder: holds `server.pem` and `server.key`.
  init(_ folder: ScratchFolder, after: Int, until: Int) throws {
    let library = try unsafe #require(TLSLibrary.shared)
    let handle = try unsafe #require(dlopen("libssl.so.3", RTLD_NOW))
    let method = unsafe unsafeBitCast(try #require(dlsym(handle, "TLS_server_method")), to: Method.self)
    let context = try unsafe #require(library.newSettings(method()))
    try unsafe #require(library.useChain(context, folder("server.pem")) == 1)
    try unsafe #require(library.useKey(context, folder("server.key"), 1) == 1)
    settings = UInt(bitPattern: context)
    acceptCall = UInt(bitPattern: unsafe dlsym(handle, "SSL_accept"))
    (self.after, self.until) = (after, until)
    (listener, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    // A small window, so that bytes are still on their way when it ends its side.
    var size: Int32 = 8_192
    unsafe setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, 4)
    guard listen(listener, 16) == 0 else { throw FileFault(.open, "listen", errno) }
    DispatchQueue(label: "early TLS receiver").async { self.acceptAll() }
  }

  deinit {
    Glibc.close(listener)
    guard let library = unsafe TLSLibrary.shared else { return }
    unsafe library.freeSettings(UnsafeMutableRawPointer(bitPattern: settings))
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  /// What it has read of each connection.
  var connections: [[UInt8]] { got.withLock { $0 } }

  private func acceptAll() {
    while case let connection = Glibc.accept(listener, nil, nil), connection >= 0 {
      let number = got.withLock { got in
        got.append([])
        return got.count
      }
      serve(connection, limit: number < until ? after : .max)
      Glibc.close(connection)
    }
  }

  private func serve(_ connection: Int32, limit: Int) {
    guard let library = unsafe TLSLibrary.shared,
      let session = unsafe library.newSession(UnsafeMutableRawPointer(bitPattern: settings)),
      let accept = unsafe UnsafeRawPointer(bitPattern: acceptCall)
    else { return }
    defer { unsafe library.freeSession(session) }
    guard unsafe library.setDescriptor(session, connection) == 1,
      unsafe unsafeBitCast(accept, to: Accept.self)(session) == 1
    else { return }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    var count = 0
    while count < limit {
      let some = unsafe buffer.withUnsafeMutableBytes { unsafe library.read(session, $0.baseAddress, Int32($0.count)) }
      guard some > 0 else { break }
      count += Int(some)
      got.withLock { $0[$0.count - 1] += buffer.prefix(Int(some)) }
    }
    _ = unsafe library.shutdown(session)
    guard count >= limit else { return }
    shutdown(connection, Int32(SHUT_WR))
    usleep(50_000)
  }
}
