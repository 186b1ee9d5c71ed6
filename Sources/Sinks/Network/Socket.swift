// Non-blocking sockets. Waiting polls every 100 ms, so cancellation is prompt.

internal import CSystem
internal import Glibc
internal import IntakeCore

/// The error of a socket call; ECANCELED if the task was cancelled.
struct SocketFault: Error, Sendable, Equatable {
  var number: Int32
  /// Of a receiver that speaks another protocol: which.
  var peer: PeerProtocol?

  init(_ number: Int32) { self.number = number }

  /// - Parameter area: `sink.tcp`, `sink.tls` or `sink.udp`.
  func failure(_ area: String, _ name: String) -> Failure {
    let (code, hint): (String, String) =
      switch number {
      case ECONNREFUSED: ("refused", "Check that the receiver runs and the port is right.")
      case ETIMEDOUT, EAGAIN: ("timeout", "Check for a firewall; the receiver may not be reading.")
      case ECONNRESET, EPIPE, ENOTCONN, ECONNABORTED:
        (
          "closed",
          "Look in the receiver's log for why it closed: a limit of its messages, its framing, or hosts that it refuses."
        )
      case EPROTO: ("broken", "Check the receiver's log: it ended TLS with an alert.")
      case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL: ("unreachable", "Check the network and the host name.")
      default: ("failed", "The batch is kept and will be retried.")
      }
    guard number != ECANCELED else { return Failure.stopped }
    if number == Self.unresolved.number { return Self.unresolvedFailure(area, name) }
    if number == Self.truncated.number { return Self.truncatedFailure(area, name) }
    if let peer { return Self.foreignFailure(peer, area, name) }
    let isOurs = number == EMFILE || number == ENFILE
    return Failure(
      isOurs ? .noDescriptors : .init(rawValue: "\(area).\(code)"), exit: isOurs ? .system : .tryLater,
      "Sending to \(name): \(FileBytes.describe(number)).", hint: hint, recovery: .later(after: nil), cause: self)
  }
}

extension SocketFault {
  /// The host's resolver did not answer in time.
  static let unresolved = SocketFault(ETIME)
  /// The peer closed before it had read everything.
  static let reset = SocketFault(ECONNRESET)
  /// The peer ended a TLS connection without close_notify.
  static let truncated = SocketFault(ENODATA)
  /// The receiver expects TLS, and was sent none.
  static let expectsTLS = {
    var fault = SocketFault(EPROTOTYPE)
    fault.peer = .tls
    return fault
  }()

  private static func unresolvedFailure(_ area: String, _ name: String) -> Failure {
    Failure(
      "\(area).unresolved", exit: .tryLater, "Sending to \(name): its name was not resolved within 10 seconds.",
      hint: "Check the host's name servers (/etc/resolv.conf), or write the receiver's address instead of its name.",
      recovery: .later(after: nil), cause: unresolved)
  }

  private static func truncatedFailure(_ area: String, _ name: String) -> Failure {
    Failure(
      "\(area).closed", exit: .tryLater,
      "Sending to \(name): the receiver closed without close_notify, so nothing shows that it has read everything.",
      hint: "Look in the receiver's log for why it closed; set ack=kernel for one that never sends close_notify.",
      recovery: .later(after: nil), cause: truncated)
  }
}

/// One connected socket.
struct Socket: Sendable {
  let descriptor: Descriptor
  private static let pollInterval: Int32 = 100

  /// Resolves the host again and tries each of its addresses.
  /// - Parameter timeout: for each of them.
  static func connect(
    _ address: NetworkAddress, datagrams: Bool, within timeout: Duration = .seconds(10)
  ) throws(SocketFault) -> Socket {
    let type = Int32(truncatingIfNeeded: datagrams ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue)
    var last = SocketFault(EADDRNOTAVAIL)
    for candidate in try Resolver.shared.addresses(of: address, type: type) {
      do throws(SocketFault) {
        return try connect(to: candidate, datagrams: datagrams, within: timeout)
      } catch {
        guard error.number != ECANCELED else { throw error }
        last = error
      }
    }
    throw last
  }

  /// Connects to one address.
  static func connect(
    to candidate: Resolver.Address, datagrams: Bool, within timeout: Duration
  ) throws(SocketFault) -> Socket {
    let type = Int32(truncatingIfNeeded: datagrams ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue)
    let socket = try open(candidate, type: type)
    try socket.finishConnecting(candidate, within: timeout)
    if !datagrams { try socket.setUp() }
    return socket
  }

  private static func open(_ candidate: Resolver.Address, type: Int32) throws(SocketFault) -> Socket {
    let flags = Int32(truncatingIfNeeded: SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let raw = socket(candidate.family, type | flags, 0)
    guard raw >= 0 else { throw SocketFault(errno) }
    return Socket(descriptor: Descriptor(raw, name: "socket"))
  }

  private func finishConnecting(_ candidate: Resolver.Address, within timeout: Duration) throws(SocketFault) {
    let result = unsafe candidate.withAddress { unsafe Glibc.connect(descriptor.raw, $0, $1) }
    if result != 0 {
      guard errno == EINPROGRESS else { throw SocketFault(errno) }
      try wait(for: Int16(POLLOUT), within: timeout)
      try check()
    }
    guard !isConnectedToItself else { throw SocketFault(ECONNREFUSED) }
  }

  /// A vanished peer is noticed after 30 s, not after a quarter of an hour.
  private func setUp() throws(SocketFault) {
    for (level, option, value) in [
      (SOL_SOCKET, SO_KEEPALIVE, 1), (Int32(IPPROTO_TCP), TCP_NODELAY, 1),
      (Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000),
    ] as [(Int32, Int32, Int32)] {
      var value = value
      guard unsafe setsockopt(descriptor.raw, level, option, &value, 4) == 0 else { throw SocketFault(errno) }
    }
  }

  /// A loop of connects to a free port of the ephemeral range can end up so.
  var isConnectedToItself: Bool { unsafe address(getsockname) == address(getpeername) }

  private func address(
    _ call: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) -> [UInt8] {
    var storage = [UInt8](repeating: 0, count: 128)
    var length = socklen_t(storage.count)
    let failed = unsafe storage.withUnsafeMutableBytes { buffer in
      unsafe call(descriptor.raw, buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) != 0
    }
    return failed ? [] : Array(storage.prefix(Int(length)))
  }

  /// Waits for events; ETIMEDOUT after `timeout`, ECANCELED when the task is.
  func wait(for events: Int16, within timeout: Duration) throws(SocketFault) {
    let end = ContinuousClock.now + timeout
    while true {
      guard !Task.isCancelled else { throw SocketFault(ECANCELED) }
      var waiting = pollfd(fd: descriptor.raw, events: events, revents: 0)
      let left = end - ContinuousClock.now
      guard left > .zero else { throw SocketFault(ETIMEDOUT) }
      let milliseconds = min(Int64(Self.pollInterval), left.ticks / 10_000 + 1)
      if unsafe poll(&waiting, 1, Int32(truncatingIfNeeded: milliseconds)) > 0 { return }
    }
  }

  /// Throws the error that the kernel keeps for this socket.
  func check() throws(SocketFault) {
    var number: Int32 = 0
    var length = socklen_t(4)
    guard unsafe getsockopt(descriptor.raw, SOL_SOCKET, SO_ERROR, &number, &length) == 0 else {
      throw SocketFault(errno)
    }
    guard number == 0 else { throw SocketFault(number) }
  }

  /// `send(2)` once; 0 where there is no room.
  func send(_ bytes: ArraySlice<UInt8>) throws(SocketFault) -> Int {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe Glibc.send(
        descriptor.raw, buffer.baseAddress, buffer.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL | MSG_DONTWAIT))
    }
    if count >= 0 { return count }
    guard errno == EAGAIN || errno == EINTR else { throw SocketFault(errno) }
    return 0
  }

  /// `recv(2)` once, thrown away but for what `heard` notes: the count, 0 at the end of the stream, nil where nothing is
  /// there.
  func discard(_ heard: Heard? = nil) throws(SocketFault) -> Int? {
    var scratch = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe recv(descriptor.raw, &scratch, scratch.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
    if count > 0 { try heard?.note(scratch.prefix(count)) }
    if count >= 0 { return count }
    guard errno == EAGAIN || errno == EINTR else { throw SocketFault(errno) }
    return nil
  }

  /// Appends what is there, up to a megabyte; true at the end of the stream. A fault behind bytes that were read is left
  /// to the next call.
  func receive(_ bytes: inout [UInt8]) throws(SocketFault) -> Bool {
    var scratch = [UInt8](repeating: 0, count: 16_384)
    for round in 0..<64 {
      let count = unsafe recv(descriptor.raw, &scratch, scratch.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
      if count == 0 { return true }
      guard count > 0 else {
        guard round == 0, errno != EAGAIN, errno != EINTR else { return false }
        throw SocketFault(errno)
      }
      bytes.append(contentsOf: scratch.prefix(count))
      if count < scratch.count { return false }
    }
    return false
  }

  /// Acknowledges what was received now, not with the next bytes or after 40 ms: a peer that holds small answers back until
  /// then (Nagle's algorithm) would set the pace. Linux forgets it with the next bytes.
  func acknowledgeAtOnce() {
    var yes: Int32 = 1
    unsafe setsockopt(descriptor.raw, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, 4)
  }

  /// Sends our end of stream; the other direction stays open.
  func shutDownSending() throws(SocketFault) {
    guard shutdown(descriptor.raw, Int32(truncatingIfNeeded: SHUT_WR)) == 0 else { throw SocketFault(errno) }
  }

  /// Bytes, our end of stream included, that the peer's kernel has not acknowledged.
  var unacknowledged: Int { Int(csystem_unacknowledged_bytes(descriptor.raw)) }
}
