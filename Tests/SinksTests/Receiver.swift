// A syslog receiver on loopback that behaves as a test says, and a strict reader of what it got.

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
    /// Reads to the end and keeps its side open.
    case neverCloses
    /// Reads so many bytes, then closes with the rest unread: a reset. Orderly from the given connection on.
    case resets(after: Int, until: Int)
    /// Says something first, and after every read; then as `orderly`.
    case talks
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

  init(_ manner: Manner, family: Int32 = AF_INET) throws {
    self.manner = manner
    (listener, port) = try Loopback.bound(family, Int32(SOCK_STREAM.rawValue))
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

  /// What every connection brought, in order.
  var connections: [[UInt8]] { state.withLock { $0.connections } }
  var bytes: [UInt8] { connections.flatMap(\.self) }

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
    case .neverCloses:
      while read(connection, number) {}
      return
    case .resets(let count, let until):
      let limit = number + 1 < until ? count : Int.max
      while state.withLock({ $0.connections[number].count }) < limit, read(connection, number, limit: min(limit, 4_096))
      {}
    case .talks:
      repeat { _ = unsafe send(connection, "hello\n", 6, Int32(MSG_NOSIGNAL)) } while read(connection, number)
    }
    state.withLock { state in
      state.open.removeAll { $0 == connection }
      Glibc.close(connection)
    }
  }

  private func read(_ connection: Int32, _ number: Int, limit: Int = 65_536) -> Bool {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = unsafe Glibc.read(connection, &buffer, limit)
    guard count > 0 else { return false }
    state.withLock { $0.connections[number].append(contentsOf: buffer[..<count]) }
    return true
  }
}

enum Loopback {
  /// A socket bound to a free port of 127.0.0.1 or ::1.
  static func bound(_ family: Int32, _ type: Int32) throws -> (Int32, UInt16) {
    let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw FileFault(.open, "socket", errno) }
    if family == AF_INET6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = in6addr_loopback
      return (descriptor, UInt16(bigEndian: try bind(descriptor, &address, \.sin6_port)))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return (descriptor, UInt16(bigEndian: try bind(descriptor, &address, \.sin_port)))
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

/// A strict reader of RFC 6587 octet counting around RFC 5424.
enum Frames {
  struct Malformed: Error { var offset: Int }

  /// Each message of a whole stream; throws at the first byte that does not belong.
  static func parse(_ stream: [UInt8]) throws -> [String] {
    var messages: [String] = []
    var at = 0
    while at < stream.count {
      guard let (range, next) = frame(stream, at), range.upperBound <= stream.count else { throw Malformed(offset: at) }
      let message = Array(stream[range])
      guard message.first == UInt8(ascii: "<"), message.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw Malformed(offset: at)
      }
      messages.append(String(decoding: message, as: UTF8.self))
      at = next
    }
    return messages
  }

  /// Whole frames at the beginning of a stream.
  static func count(_ stream: [UInt8]) -> Int {
    var (count, at) = (0, 0)
    while let (range, next) = frame(stream, at), range.upperBound <= stream.count { (count, at) = (count + 1, next) }
    return count
  }

  /// The `event.id` values in order, of the whole frames of each connection.
  static func ids(_ connections: [[UInt8]]) -> [String] {
    connections.flatMap { stream in
      var (ids, at): ([String], Int) = ([], 0)
      while let (range, next) = frame(stream, at), range.upperBound <= stream.count {
        let text = String(decoding: stream[range], as: UTF8.self)
        if let key = text.firstRange(of: "\"event.id\":\"") {
          ids.append(String(text[key.upperBound...].prefix { $0 != "\"" }))
        }
        at = next
      }
      return ids
    }
  }

  private static func frame(_ stream: [UInt8], _ start: Int) -> (Range<Int>, Int)? {
    var (at, length) = (start, 0)
    while at < stream.count, (0x30...0x39).contains(stream[at]), length < 100_000_000 {
      length = length * 10 + Int(stream[at] - 0x30)
      at += 1
    }
    guard at > start, stream[start] != 0x30, at < stream.count, stream[at] == 0x20 else { return nil }
    return ((at + 1)..<(at + 1 + length), at + 1 + length)
  }
}
