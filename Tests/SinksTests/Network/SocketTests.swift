// Addresses, options and the odd ways in which a connection can come about.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Sockets")
struct SocketTests {
  @Test("a socket that is connected to itself is told apart from one that has a peer")
  func itself() throws {
    let (raw, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    let alone = Socket(descriptor: Descriptor(raw, name: "socket"))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(raw, $0, 16) }
    }
    #expect(result == 0 && alone.isConnectedToItself)
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    let peer = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    #expect(try !Socket.connect(peer, datagrams: false).isConnectedToItself)
  }

  @Test("a peer that vanishes is noticed after 30 seconds")
  func timeout() throws {
    let receiver = try Receiver(.orderly)
    defer { receiver.stop() }
    let peer = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
    let socket = try Socket.connect(peer, datagrams: false)
    var (value, length): (Int32, socklen_t) = (0, 4)
    #expect(
      unsafe getsockopt(socket.descriptor.raw, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, &length) == 0
        && value == 30_000)
  }

  /// What `localhost` means on this host: usually both.
  static let families: [Int32] = {
    guard let address = NetworkAddress("localhost:1"),
      let found = try? Resolver.shared.addresses(of: address, type: Int32(SOCK_STREAM.rawValue))
    else { return [] }
    return Array(Set(found.map(\.family)))
  }()

  @Test("every address of a name is tried", arguments: families, ["tcp", "udp"])
  func everyAddress(family: Int32, scheme: String) async throws {
    let (listener, port) = try Loopback.bound(
      family, Int32(scheme == "tcp" ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue))
    defer { close(listener) }
    if scheme == "tcp" { #expect(listen(listener, 1) == 0) }
    let spec = try SinkSpec(parsing: "\(scheme)://localhost:\(port)?\(scheme == "tcp" ? "ack=none" : "rate=0")")
    let sink = try spec.makeSink(log: .silent, time: .system)
    let position = try await sink.deliver(SinkContract.entry(1, count: 3), from: SinkPosition(sequence: 0))
    #expect(position.sequence == 1)
    await sink.close()
    let connection = scheme == "tcp" ? accept(listener, nil, nil) : listener
    var buffer = [UInt8](repeating: 0, count: 4_096)
    #expect(unsafe recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0)
    if scheme == "tcp" { close(connection) }
  }
}
