// A syslog receiver on loopback that behaves as a test says.

internal import CSystem
internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Listens on a free port until it goes away.
final class Receiver: Sendable {
  enum Manner: Sendable {
    /// Reads to the end, then closes.
    case orderly
    /// Closes in order after so many frames of each connection.
    case closesAfter(Int)
    /// Accepts and closes at once.
    case closesAtOnce
    /// Ends its side at once and reads on.
    case halfCloses
    /// Reads to the end and keeps its side open, all connections but the first so many.
    case neverCloses(but: Int)
    /// Reads so many bytes, then closes with the rest unread: a reset. Orderly from the given connection on.
    case resets(after: Int, until: Int)
    /// Reads so many bytes and shuts its side down; its system takes the rest, which nobody reads, until it closes. As
    /// Python's socketserver ends a connection. Orderly from the given connection on.
    case shutsDown(after: Int, until: Int)
    /// Says something first, and after every read; then as `orderly`.
    case talks
    /// Reads what is there, says this to a ClientHello and that to anything else, and closes with nothing unread: as
    /// Netty ends a connection that it cannot understand.
    case foreign(toTLS: [UInt8], toOthers: [UInt8])
  }

  private struct State {
    var connections: [[UInt8]] = []
    var open: [Int32] = []
    var isStopped = false
  }

  let port: UInt16
  private let manner: Manner
  private let listener: Int32
  private let state = Mutex(State())

  init(_ manner: Manner, family: Int32 = AF_INET, port: UInt16 = 0) throws {
    self.manner = manner
    (listener, self.port) = try Loopback.bound(family, Int32(SOCK_STREAM.rawValue), port: port)
    if case .shutsDown = manner {
      // A small window, so that bytes are still on their way when it shuts down.
      var size: Int32 = 8_192
      unsafe setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }
    guard listen(listener, 16) == 0 else { throw FileFault(.open, "listen", errno) }
    DispatchQueue(label: "receiver").async { self.accept() }
  }

  deinit { Glibc.close(listener) }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    state.withLock { state in
      for connection in state.open { Glibc.shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  /// What every connection brought, in order, but for the question of a new sink whether the receiver speaks TLS: it holds
  /// nothing of an event.
  var connections: [[UInt8]] { state.withLock { $0.connections }.filter { !$0.starts(with: [0x16, 3]) } }
  var bytes: [UInt8] { connections.flatMap(\.self) }
  /// Connections that `connections` leaves out.
  var questions: Int { state.withLock { $0.connections }.count { $0.starts(with: [0x16, 3]) } }

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { return }
      let number = state.withLock { state in
        state.connections.append([])
        state.open.append(connection)
        return state.connections.count - 1
      }
      serve(connection, number)
    }
  }

  private func serve(_ connection: Int32, _ number: Int) {
    switch manner {
    case .orderly: while read(connection, number) {}
    case .closesAfter(let frames):
      while Frames.count(state.withLock { $0.connections[number] }) < frames, read(connection, number, limit: 200) {}
    case .closesAtOnce: break
    case .halfCloses:
      shutdown(connection, Int32(SHUT_WR))
      while read(connection, number) {}
    case .neverCloses(let count):
      while read(connection, number) {}
      guard number < count else { return }
    case .resets(let count, let until):
      let limit = number + 1 < until ? count : Int.max
      while state.withLock({ $0.connections[number].count }) < limit, read(connection, number, limit: min(limit, 4_096))
      {}
    case .shutsDown(let count, let until):
      let limit = number + 1 < until ? count : Int.max
      while state.withLock({ $0.connections[number].count }) < limit, read(connection, number, limit: 4_096) {}
      shutdown(connection, Int32(SHUT_WR))
      while take(connection) {}
    case .foreign(let toTLS, let toOthers):
      guard read(connection, number) else { break }
      let answer = state.withLock { $0.connections[number].starts(with: [0x16, 3]) } ? toTLS : toOthers
      _ = unsafe send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
      // What is on its way still.
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&waiting, 1, 50) > 0, read(connection, number) {}
    case .talks:
      repeat { _ = unsafe send(connection, "hello\n", 6, Int32(MSG_NOSIGNAL)) } while read(connection, number)
    }
    state.withLock { state in
      state.open.removeAll { $0 == connection }
      Glibc.close(connection)
    }
  }

  /// Takes bytes off the socket that count as never read.
  private func take(_ connection: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    return unsafe Glibc.read(connection, &buffer, buffer.count) > 0
  }

  private func read(_ connection: Int32, _ number: Int, limit: Int = 65_536) -> Bool {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = unsafe Glibc.read(connection, &buffer, limit)
    guard count > 0 else { return false }
    state.withLock { $0.connections[number].append(contentsOf: buffer[..<count]) }
    return true
  }
}
