// Sockets of the test's own on 127.0.0.1 and ::1.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

enum Loopback {
  /// A socket bound to a port of 127.0.0.1 or ::1; 0 for any that is free.
  static func bound(_ family: Int32, _ type: Int32, port: UInt16 = 0) throws -> (Int32, UInt16) {
    let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw FileFault(.open, "socket", errno) }
    do {
      return (descriptor, try bind(descriptor, family, port))
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func bind(_ descriptor: Int32, _ family: Int32, _ port: UInt16) throws -> UInt16 {
    var yes: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
    if family == AF_INET6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = in6addr_loopback
      address.sin6_port = port.bigEndian
      return UInt16(bigEndian: try bind(descriptor, &address, \.sin6_port))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    return UInt16(bigEndian: try bind(descriptor, &address, \.sin_port))
  }

  private static func bind<Address>(
    _ descriptor: Int32, _ address: inout Address, _ port: KeyPath<Address, in_port_t>
  ) throws -> in_port_t {
    var length = socklen_t(MemoryLayout<Address>.size)
    let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe Glibc.bind(descriptor, generic, length) != 0 || getsockname(descriptor, generic, &length) != 0
      }
    }
    guard !failed else { throw FileFault(.open, "bind", errno) }
    return address[keyPath: port]
  }
}

extension Loopback {
  /// A port that is free now, outside the range from which the kernel takes ports by itself.
  static func freePort() throws -> UInt16 {
    for _ in 0..<1_000 {
      let port = UInt16.random(in: 20_000..<32_000)
      if let descriptor = try? bound(AF_INET, Int32(SOCK_STREAM.rawValue), port: port) {
        close(descriptor.0)
        return port
      }
    }
    throw FileFault(.open, "port", EADDRINUSE)
  }

  /// Returns once somebody listens.
  static func waitForListener(_ port: UInt16) async throws {
    let address = try #require(NetworkAddress("127.0.0.1:\(port)"))
    try #require(await Waiting.whileSleeping { (try? Socket.connect(address, datagrams: false)) != nil })
  }
}
