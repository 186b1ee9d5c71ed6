// Syslog over TLS (RFC 5425): the receiver is verified before a byte of an event is sent, and its close_notify after
// ours is the acknowledgement.

internal import Glibc
internal import IntakeCore

/// An `SSL` on a connected socket, freed with its last reference. Used by one task at a time.
final class TLSConnection: StreamConnection {
  let socket: Socket
  let heard = Heard()
  private let settings: TLSSettings
  private let bits: UInt

  private static let zeroReturn: Int32 = 6
  private static let wantRead: Int32 = 2
  private static let wantWrite: Int32 = 3
  private static let protocolError: Int32 = 1
  /// Of an error code: its reason, and the one that says that the peer was gone without close_notify.
  private static let (reasons, unexpectedEnd): (UInt, UInt) = (0x7F_FFFF, 294)

  private var pointer: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: bits) }

  init(_ socket: Socket, _ settings: TLSSettings, _ address: NetworkAddress) throws(SocketFault) {
    guard let library = unsafe TLSLibrary.shared, let session = unsafe library.newSession(settings.pointer) else {
      throw SocketFault(ENOMEM)
    }
    self.socket = socket
    self.settings = settings
    bits = UInt(bitPattern: session)
    guard unsafe library.setDescriptor(session, socket.descriptor.raw) == 1, expect(address) else {
      throw SocketFault(EINVAL)
    }
  }

  deinit { if let library = unsafe TLSLibrary.shared { unsafe library.freeSession(pointer) } }

  /// The name or address that the certificate has to carry; names are also sent as SNI.
  private func expect(_ address: NetworkAddress) -> Bool {
    guard let library = unsafe TLSLibrary.shared else { return false }
    if address.isNumeric {
      let plain = String(address.host.prefix { $0 != "%" })
      return unsafe library.setAddress(library.parameters(pointer), plain) == 1
    }
    var name = Array(address.host.utf8CString)
    let sent = unsafe name.withUnsafeMutableBytes { unsafe library.control(pointer, 55, 0, $0.baseAddress) }
    return unsafe sent == 1 && library.setHost(pointer, address.host) == 1
  }

  /// The handshake. Throws EPROTO where the peer's TLS or certificate is refused; `verdict` then says why.
  func shakeHands(within timeout: Duration) throws(SocketFault) {
    let end = ContinuousClock.now + timeout
    while true {
      let result = try unsafe call { library, session in unsafe library.connect(session) }
      guard case .wait(let events) = result else { return }
      let left = end - ContinuousClock.now
      guard left > .zero else { throw SocketFault(ETIMEDOUT) }
      try socket.wait(for: events, within: left)
    }
  }

  /// Why the certificate was refused, with its number in x509_vfy.h; nil if it was not.
  var verdict: (number: Int, text: String)? {
    guard let library = unsafe TLSLibrary.shared else { return nil }
    let result = unsafe library.verifyResult(pointer)
    guard result != 0, let text = unsafe library.verifyText(result) else { return nil }
    return unsafe (Int(result), String(cString: text))
  }

  func send(_ bytes: [UInt8]) throws(SocketFault) {
    var done = 0
    while done < bytes.count {
      let result = try unsafe call { library, session in
        unsafe bytes.withUnsafeBytes { buffer in
          unsafe library.write(
            session, buffer.baseAddress?.advanced(by: done), Int32(clamping: min(buffer.count - done, 1 << 20)))
        }
      }
      switch result {
      case .done(let count): done += Int(count)
      case .ended: throw SocketFault(EPIPE)
      case .wait(let events):
        _ = try drain()
        try socket.wait(for: events, within: .seconds(30))
      }
    }
  }

  func sendSome(_ bytes: ArraySlice<UInt8>) throws(SocketFault) -> Int {
    let result = try unsafe call { library, session in
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe library.write(session, buffer.baseAddress, Int32(clamping: min(buffer.count, 1 << 20)))
      }
    }
    switch result {
    case .done(let count): return Int(count)
    case .ended: throw SocketFault(EPIPE)
    case .wait: return 0
    }
  }

  func receive(_ bytes: inout [UInt8]) throws(SocketFault) -> Bool {
    var scratch = [UInt8](repeating: 0, count: 16_384)
    for round in 0..<64 {
      do throws(SocketFault) {
        let result = try unsafe call { library, session in
          unsafe scratch.withUnsafeMutableBytes { unsafe library.read(session, $0.baseAddress, Int32($0.count)) }
        }
        switch result {
        case .done(let count): bytes.append(contentsOf: scratch.prefix(Int(count)))
        case .ended: return true
        case .wait: return false
        }
      } catch {
        // What was read before the fault counts; libssl gives the same fault again.
        guard round > 0 else { throw error }
        return false
      }
    }
    return false
  }

  func drain() throws(SocketFault) -> Bool {
    var scratch = [UInt8](repeating: 0, count: 4_096)
    for _ in 0..<16 {
      let result = try unsafe call { library, session in
        unsafe scratch.withUnsafeMutableBytes { unsafe library.read(session, $0.baseAddress, Int32($0.count)) }
      }
      switch result {
      case .done(let count): try heard.note(scratch.prefix(Int(count)))
      case .ended: return true
      case .wait: return false
      }
    }
    return false
  }

  func finish() throws(SocketFault) {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
      guard let library = unsafe TLSLibrary.shared else { return }
      unsafe library.clearErrors()
      let result = unsafe library.shutdown(pointer)
      if result >= 0 { return }
      guard unsafe library.error(pointer, result) == Self.wantWrite else { throw SocketFault(ECONNRESET) }
      try socket.wait(for: Int16(POLLOUT), within: .seconds(10))
    }
    throw SocketFault(ETIMEDOUT)
  }

  /// The two close_notify may have crossed, with the receiver ending and frames before ours still unread: then its system
  /// resets the connection. Orderly receivers close it.
  func confirmEnd(within timeout: Duration) throws(SocketFault) {
    try socket.shutDownSending()
    let end = ContinuousClock.now + timeout
    while true {
      if let count = try socket.discard() {
        if count == 0 { return try socket.check() }
        continue
      }
      let left = end - ContinuousClock.now
      guard left > .zero else { return }
      do throws(SocketFault) {
        try socket.wait(for: Int16(POLLIN), within: left)
      } catch {
        guard error.number == ETIMEDOUT else { throw error }
        return
      }
    }
  }

  private enum Outcome {
    case done(Int32)
    case wait(Int16)
    /// The peer's close_notify.
    case ended
  }

  /// One call and what it came to; an end of the socket without close_notify is a broken connection.
  private func call(
    _ body: (TLSLibrary, UnsafeMutableRawPointer?) -> Int32
  ) throws(SocketFault) -> Outcome {
    guard let library = unsafe TLSLibrary.shared else { throw SocketFault(ENOMEM) }
    unsafe library.clearErrors()
    let result = unsafe body(library, pointer)
    let number = errno
    if result > 0 { return .done(result) }
    switch unsafe library.error(pointer, result) {
    case Self.wantRead: return .wait(Int16(POLLIN))
    case Self.wantWrite: return .wait(Int16(POLLOUT))
    case Self.zeroReturn: return .ended
    case Self.protocolError:
      let isCut = unsafe library.lastError() & Self.reasons == Self.unexpectedEnd
      throw isCut ? .truncated : SocketFault(EPROTO)
    default: throw SocketFault(number == 0 || number == EAGAIN ? ECONNRESET : number)
    }
  }
}
