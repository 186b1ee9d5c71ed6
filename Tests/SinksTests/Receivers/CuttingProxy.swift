// Stands between a sink and a TLS receiver and ends the connection in TCP's order, but without the receiver's last words.

internal import CSystem
internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization

@testable import Sinks

/// Passes everything on but what is as short as a close_notify.
final class CuttingProxy: Sendable {
  let port: UInt16
  private let listener: Int32
  private let target: UInt16
  private let count = Mutex(0)

  init(to target: UInt16) throws {
    self.target = target
    (listener, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    guard listen(listener, 16) == 0 else { throw FileFault(.open, "listen", errno) }
    DispatchQueue(label: "proxy").async { self.accept() }
  }

  deinit { Glibc.close(listener) }

  /// Connections that were cut behind the sink's last byte.
  var cuts: Int { count.withLock { $0 } }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func accept() {
    while case let sink = Glibc.accept(listener, nil, nil), sink >= 0 {
      if let address = NetworkAddress("127.0.0.1:\(target)"),
        let receiver = try? Socket.connect(address, datagrams: false)
      {
        pass(between: sink, and: receiver)
      }
      Glibc.close(sink)
    }
  }

  private func pass(between sink: Int32, and receiver: Socket) {
    var waiting = [
      pollfd(fd: sink, events: Int16(POLLIN), revents: 0),
      pollfd(fd: receiver.descriptor.raw, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while unsafe poll(&waiting, 2, 10_000) > 0 {
      if waiting[0].revents != 0 {
        let count = unsafe read(sink, &buffer, buffer.count)
        guard count > 0 else { return }
        guard (try? PlainConnection(socket: receiver).forward(buffer[..<count])) != nil else { return }
      }
      if waiting[1].revents != 0 {
        let count = unsafe read(receiver.descriptor.raw, &buffer, buffer.count)
        guard count > 0 else {
          self.count.withLock { $0 += 1 }
          return
        }
        if count > 64 { _ = unsafe write(sink, buffer, count) }
      }
    }
  }
}

extension PlainConnection {
  /// Unlike `send`, reads nothing of the other direction.
  fileprivate func forward(_ bytes: ArraySlice<UInt8>) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = try socket.send(rest)
      rest = rest.dropFirst(count)
      if count == 0 { try socket.wait(for: Int16(POLLOUT), within: Waiting.bound) }
    }
  }
}
