// What the stream sink needs of TCP and of TLS, and how the receiver confirms what was sent.

internal import Glibc
internal import IntakeCore

/// One connection to a receiver.
protocol StreamConnection: Sendable {
  var socket: Socket { get }
  /// Hands over every byte; what the receiver says meanwhile is read and thrown away.
  func send(_ bytes: [UInt8]) throws(SocketFault)
  /// Reads and throws away what is there; true once the receiver has ended its side in order.
  func drain() throws(SocketFault) -> Bool
  /// Ends our side: FIN for TCP, close_notify for TLS.
  func finish() throws(SocketFault)
  /// Called once both sides have ended: throws if the connection was reset behind that.
  func confirmEnd(within timeout: Duration) throws(SocketFault)
}

/// Makes connections.
protocol Connector: Sendable {
  /// `sink.tcp` or `sink.tls`: first part of the codes.
  var area: String { get }
  /// Checks what can be checked without the network.
  func prepare() throws(Failure)
  /// - Parameter timeout: for each address of the receiver.
  func connect(name: String, within timeout: Duration) throws(Failure) -> any StreamConnection
}

extension Connector {
  func connect(name: String) throws(Failure) -> any StreamConnection { try connect(name: name, within: .seconds(10)) }
}

/// How a barrier ended.
enum Ending: Sendable {
  /// The receiver read to our end and closed.
  case closed
  /// The receiver had ended its side before ours, and yet acknowledged every byte without a reset.
  case early
  /// The receiver acknowledged every byte and never closed.
  case open
}

/// Waits by which a batch becomes delivered. Facts: Linux sends a reset where a socket is closed with unread bytes, so an
/// orderly end after our own means that the receiver's process has read everything.
struct Barrier: Sendable {
  /// How long an acknowledgement of bytes may stand still.
  var stall = Duration.seconds(30)
  /// How long the receiver may take to close once its kernel has every byte.
  var closing = Duration.seconds(5)
  /// How long a reset may take to arrive behind an end of stream.
  var reset = Duration.milliseconds(250)

  /// Our end of stream, then the receiver's.
  func endOfStream(_ connection: some StreamConnection) throws(SocketFault) -> Ending {
    if try connection.drain() {
      try acknowledged(connection)
      return .early
    }
    // From here on an end of the receiver's counts only with an acknowledgement of ours: the two may cross.
    try connection.finish()
    var end = ContinuousClock.now + stall
    var left = Int.max
    while ContinuousClock.now < end {
      if try connection.drain() {
        try acknowledgedEveryByte(connection)
        try connection.confirmEnd(within: closing)
        return .closed
      }
      let now = connection.socket.unacknowledged
      if now < left {
        left = now
        end = ContinuousClock.now + (now <= 0 ? closing : stall)
      }
      try pause(connection)
    }
    guard left <= 0 else { throw SocketFault(ETIMEDOUT) }
    return .open
  }

  /// Every byte acknowledged by the receiver's kernel, and no reset behind an end of stream.
  func acknowledged(_ connection: some StreamConnection) throws(SocketFault) {
    try acknowledgedEveryByte(connection)
    guard try connection.drain() else { return }
    let quiet = ContinuousClock.now + reset
    while ContinuousClock.now < quiet {
      try connection.socket.check()
      try pause(connection, always: true)
      _ = try connection.drain()
    }
  }

  private func acknowledgedEveryByte(_ connection: some StreamConnection) throws(SocketFault) {
    var end = ContinuousClock.now + stall
    var left = Int.max
    while true {
      let now = connection.socket.unacknowledged
      if now <= 0 { return try connection.socket.check() }
      if now < left { (left, end) = (now, ContinuousClock.now + stall) }
      guard ContinuousClock.now < end else { throw SocketFault(ETIMEDOUT) }
      _ = try connection.drain()
      try connection.socket.check()
      try pause(connection, always: true)
    }
  }

  /// A short wait, ended early by incoming bytes unless `always`.
  private func pause(_ connection: some StreamConnection, always: Bool = false) throws(SocketFault) {
    do throws(SocketFault) {
      try connection.socket.wait(for: always ? 0 : Int16(POLLIN), within: .milliseconds(5))
      if always { usleep(2_000) }
    } catch {
      guard error.number == ETIMEDOUT else { throw error }
    }
  }
}

/// TCP without TLS.
struct PlainConnection: StreamConnection {
  let socket: Socket

  func send(_ bytes: [UInt8]) throws(SocketFault) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = try socket.send(rest)
      rest = rest.dropFirst(count)
      guard count == 0 else { continue }
      _ = try drain()
      try socket.wait(for: Int16(POLLOUT), within: .seconds(30))
    }
  }

  func drain() throws(SocketFault) -> Bool {
    for _ in 0..<16 {
      guard let count = try socket.discard() else { return false }
      if count == 0 { return true }
    }
    return false
  }

  func finish() throws(SocketFault) { try socket.shutDownSending() }

  /// Our FIN was acknowledged, so there is nothing that could be reset.
  func confirmEnd(within timeout: Duration) throws(SocketFault) {}
}

struct PlainConnector: Connector {
  let area = "sink.tcp"
  let address: NetworkAddress

  func prepare() throws(Failure) {}

  func connect(name: String, within timeout: Duration) throws(Failure) -> any StreamConnection {
    do {
      return PlainConnection(socket: try Socket.connect(address, datagrams: false, within: timeout))
    } catch {
      throw error.failure(area, name)
    }
  }
}
