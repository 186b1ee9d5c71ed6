// What the stream sink needs of TCP and of TLS, and how the receiver confirms what was sent.

internal import Glibc
internal import IntakeCore

/// One connection to a receiver.
protocol StreamConnection: Sendable {
  var socket: Socket { get }
  var heard: Heard { get }
  /// Hands over every byte; what the receiver says meanwhile is read and thrown away.
  func send(_ bytes: [UInt8]) throws(SocketFault)
  /// Hands over what there is room for and reads nothing: the count, 0 where there is no room.
  func sendSome(_ bytes: ArraySlice<UInt8>) throws(SocketFault) -> Int
  /// Appends what the receiver has sent; true once it has ended its side in order. Waits for nothing.
  func receive(_ bytes: inout [UInt8]) throws(SocketFault) -> Bool
  /// Reads and throws away what is there; true once the receiver has ended its side in order. Throws a fault with its
  /// `peer` where the receiver answers in another protocol.
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
  /// The other protocol that the receiver speaks, where this connector speaks none of its own; nil if it cannot be told.
  /// Asks the receiver over a connection of its own.
  func peer() -> PeerProtocol?
}

extension Connector {
  func peer() -> PeerProtocol? { nil }

  func connect(name: String) throws(Failure) -> any StreamConnection { try connect(name: name, within: .seconds(10)) }
}

/// How a barrier ended.
enum Ending: Sendable {
  /// The receiver read to our end and closed.
  case closed
  /// The receiver ended its side before ours, so its end says nothing of what it has read.
  case early
  /// The receiver acknowledged every byte and never closed.
  case open
}

/// Waits by which a batch becomes delivered.
///
/// Linux sends a reset where a socket is closed with unread bytes, so an orderly end after our own means that the receiver's
/// process has read everything. That holds only for an end that follows ours: a receiver that shuts its side down first and
/// closes later sends its reset to a connection that both ends have left already. So our end goes out only when the
/// receiver's kernel has every byte, and an end seen before that is a break. What no sender can see: a receiver that shuts
/// its side down after our end has reached its kernel, with bytes before it unread.
///
/// A listener of another protocol reads a small batch, understands nothing and closes: an orderly end as well, unless ours
/// goes out only after the listener had the time for it (`Holding`).
struct Barrier: Sendable {
  /// How long an acknowledgement of bytes may stand still.
  var stall: Duration
  /// How long the receiver may take to close once its kernel has every byte.
  var closing: Duration
  /// How long a reset may take to arrive behind an end of stream.
  var reset: Duration
  /// How long the receiver must have kept the connection open.
  var holding: Holding
  /// Grows with every acknowledgement.
  private(set) var taken = GrowingCount()

  init(
    stall: Duration = .seconds(30), closing: Duration = .seconds(5), reset: Duration = .milliseconds(250),
    holding: Holding = .none
  ) {
    self.stall = stall
    self.closing = closing
    self.reset = reset
    self.holding = holding
  }

  /// For how long a connection stays open behind its last byte, so that a receiver that closes by itself is seen to.
  struct Holding: Sendable {
    /// Behind the first batch ever.
    var first: Duration
    /// Behind any other, at most once in `pause`.
    var usual: Duration
    var pause: Duration

    static let none = Holding(first: .zero, usual: .zero, pause: .zero)
    static let usual = Holding(first: .seconds(1), usual: .milliseconds(250), pause: .seconds(30))
  }

  func counting(_ taken: GrowingCount) -> Barrier {
    var barrier = self
    barrier.taken = taken
    return barrier
  }

  /// Our end of stream, then the receiver's.
  /// - Parameter hold: how long the receiver must keep the connection open before ours.
  func endOfStream(_ connection: some StreamConnection, holding hold: Duration = .zero) throws(SocketFault) -> Ending {
    guard try acknowledgedEveryByte(connection, untilEnd: true), try staysOpen(connection, for: hold) else {
      return .early
    }
    try connection.finish()
    var end = ContinuousClock.now + stall
    var left = Int.max
    while ContinuousClock.now < end {
      if try connection.drain() {
        // An end that does not acknowledge ours was sent before it: the two have crossed.
        guard connection.socket.unacknowledged <= 0 else { return .early }
        try connection.socket.check()
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

  private func staysOpen(_ connection: some StreamConnection, for time: Duration) throws(SocketFault) -> Bool {
    let end = ContinuousClock.now + time
    while try !connection.drain() {
      guard ContinuousClock.now < end else { return true }
      try connection.socket.check()
      try pause(connection, always: true)
    }
    return false
  }

  /// Every byte acknowledged by the receiver's kernel, and no reset behind an end of stream.
  func acknowledged(_ connection: some StreamConnection) throws(SocketFault) {
    _ = try acknowledgedEveryByte(connection, untilEnd: false)
    guard try connection.drain() else { return }
    let quiet = ContinuousClock.now + reset
    while ContinuousClock.now < quiet {
      try connection.socket.check()
      try pause(connection, always: true)
      _ = try connection.drain()
    }
  }

  /// - Parameter untilEnd: gives up, and returns false, when the receiver ends its side.
  private func acknowledgedEveryByte(
    _ connection: some StreamConnection, untilEnd: Bool
  ) throws(SocketFault) -> Bool {
    var end = ContinuousClock.now + stall
    var left = Int.max
    while true {
      let now = connection.socket.unacknowledged
      let hasEnded = try connection.drain()
      if hasEnded, untilEnd { return false }
      try connection.socket.check()
      if now <= 0 { return true }
      if now < left {
        (left, end) = (now, ContinuousClock.now + stall)
        taken.add(1)
      }
      guard ContinuousClock.now < end else { throw SocketFault(ETIMEDOUT) }
      try pause(connection, always: hasEnded)
    }
  }

  /// A short wait, ended early by incoming bytes unless `always`.
  private func pause(_ connection: some StreamConnection, always: Bool = false) throws(SocketFault) {
    do throws(SocketFault) {
      try connection.socket.wait(for: always ? 0 : Int16(POLLIN), within: .milliseconds(2))
      if always { usleep(2_000) }
    } catch {
      guard error.number == ETIMEDOUT else { throw error }
    }
  }
}

/// TCP without TLS.
struct PlainConnection: StreamConnection {
  let socket: Socket
  let heard = Heard()

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

  func sendSome(_ bytes: ArraySlice<UInt8>) throws(SocketFault) -> Int { try socket.send(bytes) }

  func receive(_ bytes: inout [UInt8]) throws(SocketFault) -> Bool { try socket.receive(&bytes) }

  func drain() throws(SocketFault) -> Bool {
    for _ in 0..<16 {
      guard let count = try socket.discard(heard) else { return false }
      if count == 0 { return true }
    }
    return false
  }

  func finish() throws(SocketFault) { try socket.shutDownSending() }

  /// Our FIN was acknowledged, so there is nothing that could be reset.
  func confirmEnd(within timeout: Duration) throws(SocketFault) {}
}

struct PlainConnector: Connector {
  var area = "sink.tcp"
  let address: NetworkAddress
  /// Of each step of the question what the receiver speaks. A busy one that is not waited for would be taken for
  /// one of plain text, whose early ends are accepted in the end.
  var probing = Duration.seconds(15)

  func prepare() throws(Failure) {}

  func peer() -> PeerProtocol? { TLSProbe.answer(address, within: probing) }

  func connect(name: String, within timeout: Duration) throws(Failure) -> any StreamConnection {
    do {
      return PlainConnection(socket: try Socket.connect(address, datagrams: false, within: timeout))
    } catch {
      throw error.failure(area, name)
    }
  }
}
