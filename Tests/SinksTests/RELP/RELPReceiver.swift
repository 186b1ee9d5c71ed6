// A RELP receiver on loopback that behaves as a test says.

internal import CSystem
internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

@testable import Sinks

/// Serves one connection after the other.
final class RELPReceiver: Sendable {
  enum Manner: Sendable {
    case orderly
    /// Answers each read's messages last first.
    case backwards
    /// Answers so many messages of each connection, then closes without a word.
    case closesAfter(Int)
    /// The same with `serverclose`, as librelp does.
    case announcesEnd(Int)
    /// Rejects the message of that text, always.
    case rejects(String)
    /// Rejects the message of that text and closes the connection, as librelp may.
    case rejectsAndCloses(String)
    /// Rejects everything once it has so many messages, over its first connections, as one that has no room.
    case rejectsBehind(Int, connections: Int)
    /// Takes everything and answers nothing but the offers.
    case silent
    /// Answers the opening with these bytes.
    case says(String)
    /// Answers a transaction that was never sent.
    case inventsAnswers
  }

  let port: UInt16
  private let listener: Int32
  private struct State {
    var messages: [[String]] = []
    var commands: [String] = []
    var open: Int32 = -1
    var manner: Manner
  }
  private let state: Mutex<State>

  init(_ manner: Manner) throws {
    state = Mutex(State(manner: manner))
    (listener, port) = try Loopback.bound(AF_INET, Int32(SOCK_STREAM.rawValue))
    guard listen(listener, 16) == 0 else { throw FileFault(.open, "listen", errno) }
    DispatchQueue(label: "relp receiver").async { self.accept() }
  }

  deinit { Glibc.close(listener) }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    state.withLock { _ = shutdown($0.open, Int32(SHUT_RDWR)) }
  }

  /// Behaves in another way from now on.
  func become(_ manner: Manner) { state.withLock { $0.manner = manner } }

  private var manner: Manner { state.withLock { $0.manner } }

  /// The messages that each connection answered with 200.
  var answered: [[String]] { state.withLock { $0.messages } }
  var commands: [String] { state.withLock { $0.commands } }

  private func accept() {
    while case let connection = Glibc.accept(listener, nil, nil), connection >= 0 {
      state.withLock { state in
        state.messages.append([])
        state.open = connection
      }
      serve(connection)
      state.withLock { $0.open = -1 }
      Glibc.close(connection)
    }
  }

  private func serve(_ connection: Int32) {
    var reader = RELPReader()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = 0
    while case let read = unsafe Glibc.read(connection, &buffer, buffer.count), read > 0 {
      reader.bytes += buffer[..<read]
      var frames: [RELPFrame] = []
      while let frame = try? reader.next() { frames.append(frame) }
      if case .backwards = manner { frames.reverse() }
      for frame in frames {
        state.withLock { $0.commands.append(frame.command) }
        guard answer(frame, &count, connection) else { return }
      }
    }
  }

  private func answer(_ frame: RELPFrame, _ count: inout Int, _ connection: Int32) -> Bool {
    switch (frame.command, manner) {
    case ("open", .says(let text)): return say(text, connection)
    case ("open", _):
      return say("\(frame.transaction) rsp 46 200 OK\nrelp_version=0\ncommands=starttls,syslog\n", connection)
    case ("close", _): return say("\(frame.transaction) rsp 0\n0 serverclose 0\n", connection)
    case (_, .silent): return true
    case (_, .inventsAnswers): return say("77777 rsp 6 200 OK\n", connection)
    case (_, .closesAfter(let limit)) where count == limit: return false
    case (_, .announcesEnd(let limit)) where count == limit:
      _ = say("0 serverclose 0\n", connection)
      return false
    default: break
    }
    let text = String(decoding: frame.data, as: UTF8.self)
    if case .rejects(let part) = manner, text.contains(part) {
      return say("\(frame.transaction) rsp 9 500 no: x\n", connection)
    }
    if case .rejectsAndCloses(let part) = manner, text.contains(part) {
      _ = say("\(frame.transaction) rsp 9 500 no: x\n", connection)
      return false
    }
    let all = answered
    if case .rejectsBehind(let limit, let connections) = manner, all.count <= connections,
      all.reduce(0, { $0 + $1.count }) >= limit
    {
      return say("\(frame.transaction) rsp 9 500 no: x\n", connection)
    }
    count += 1
    state.withLock { $0.messages[$0.messages.count - 1].append(text) }
    return say("\(frame.transaction) rsp 6 200 OK\n", connection)
  }

  private func say(_ text: String, _ connection: Int32) -> Bool {
    let bytes = Array(text.utf8)
    return unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }
}
