// A receiver that keeps what comes before it takes it off the socket, and that dies as a killed process does: nothing that
// it had not read counts as received, and nothing that it had read is lost.

internal import CSystem
internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

@testable import Sinks

/// `MSG_PEEK`, keep, read. Any signal ends it like SIGKILL: every socket is closed where it stands.
final class CarefulReceiver: MortalReceiver {
  let port: UInt16
  private let connections = Mutex<[[UInt8]]>([])
  /// Counts lives; a life whose number has passed is over.
  private let life = Mutex(0)
  private let ended = DispatchGroup()

  init() throws { port = try Loopback.freePort() }

  func start() async throws {
    let (listener, _) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue), port: port)
    guard listen(listener, 16) == 0 else { throw FileFault(.open, "listen", errno) }
    let number = life.withLock { $0 }
    DispatchQueue(label: "careful receiver").async(group: ended) { [self] in
      while isAlive(number) {
        guard isReady(listener) else { continue }
        let connection = accept(listener, nil, nil)
        if connection >= 0 { serve(connection, number) }
      }
      Glibc.close(listener)
    }
  }

  func stop(_ signal: Int32) {
    life.withLock { $0 += 1 }
    ended.wait()
  }

  func arrived() throws -> [Identity] {
    try connections.withLock { $0 }.flatMap { try Frames.identities($0) }
  }

  private func isAlive(_ number: Int) -> Bool { life.withLock { $0 } == number }

  private func isReady(_ descriptor: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, 2) > 0
  }

  private func serve(_ connection: Int32, _ number: Int) {
    defer { Glibc.close(connection) }
    let index = connections.withLock { connections in
      connections.append([])
      return connections.count - 1
    }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while isAlive(number) {
      guard isReady(connection) else { continue }
      let count = unsafe recv(connection, &buffer, buffer.count, Int32(MSG_PEEK))
      guard count > 0 else { return }
      connections.withLock { $0[index].append(contentsOf: buffer[..<count]) }
      guard unsafe recv(connection, &buffer, count, 0) == count else { return }
    }
  }
}
