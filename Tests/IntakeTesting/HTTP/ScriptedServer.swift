// A tiny HTTP server on the loopback that answers with scripted raw bytes: whole, slow, cut, reset or never.

internal import Glibc
internal import Synchronization

/// Listens on a port of its own from `init` to `stop`, and keeps every request that it was sent.
package final class ScriptedServer: Sendable {
  package enum Step: Sendable {
    case send([UInt8])
    /// A few bytes at a time with pauses between.
    case trickle([UInt8], bytes: Int, milliseconds: Int)
    /// Says nothing until the peer or the test gives up.
    case stall
    /// Closes with a TCP reset.
    case reset
    case close
  }

  package struct Request: Sendable {
    package var method: String
    package var target: String
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  private struct State {
    var requests: [Request] = []
    var connections = 0
    var open: Set<Int32> = []
    var isStopped = false
  }

  package let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())
  private let answer: @Sendable (Request, Int) -> [Step]

  /// - Parameter answer: the script for a request and its number, which counts from 0.
  package init(_ answer: @escaping @Sendable (Request, Int) -> [Step]) throws(ScriptedServerFault) {
    self.answer = answer
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw ScriptedServerFault(what: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = self.listener
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard isBound else {
      Glibc.close(listener)
      throw ScriptedServerFault(what: "bind")
    }
    Threads.start { [self] in accept() }
  }

  /// `http://127.0.0.1:port`.
  package var base: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { state.withLock { $0.requests } }
  package var connections: Int { state.withLock { $0.connections } }

  /// Closes everything; stalled answers end.
  package func stop() {
    // Under the lock, so that no number can be closed and given to another server in between.
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  private func accept() {
    defer { Glibc.close(listener) }
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      guard descriptor >= 0 else { return }
      let goesOn = state.withLock { state in
        state.connections += 1
        state.open.insert(descriptor)
        return !state.isStopped
      }
      guard goesOn else { return finish(descriptor) }
      Threads.start { [self] in
        serve(descriptor)
        finish(descriptor)
      }
    }
  }

  private func finish(_ descriptor: Int32) {
    state.withLock { state in
      state.open.remove(descriptor)
      Glibc.close(descriptor)
    }
  }

  private func serve(_ descriptor: Int32) {
    var reader = RequestReader(descriptor: descriptor)
    while let request = reader.next() {
      let number = state.withLock { state in
        state.requests.append(request)
        return state.requests.count - 1
      }
      for step in answer(request, number) {
        guard perform(step, descriptor) else { return }
      }
    }
  }

  /// False ends the connection.
  private func perform(_ step: Step, _ descriptor: Int32) -> Bool {
    switch step {
    case .send(let bytes): return send(bytes[...], descriptor)
    case .trickle(let bytes, let size, let milliseconds):
      var rest = bytes[...]
      while !rest.isEmpty {
        guard send(rest.prefix(size), descriptor) else { return false }
        rest = rest.dropFirst(size)
        usleep(UInt32(milliseconds) * 1_000)
      }
      return true
    case .stall:
      var byte: UInt8 = 0
      while unsafe recv(descriptor, &byte, 1, 0) > 0 {}
      return false
    case .reset:
      var option = linger(l_onoff: 1, l_linger: 0)
      _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      return false
    case .close: return false
    }
  }

  private func send(_ bytes: ArraySlice<UInt8>, _ descriptor: Int32) -> Bool {
    var rest = Array(bytes)
    while !rest.isEmpty {
      let count = unsafe Glibc.send(descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return false }
      rest.removeFirst(count)
    }
    return true
  }
}

package struct ScriptedServerFault: Error {
  package var what: String
}

/// Requests as they come over one connection.
private struct RequestReader {
  let descriptor: Int32
  var buffer: [UInt8] = []

  /// nil at the end of the connection.
  mutating func next() -> ScriptedServer.Request? {
    while true {
      if let request = take() { return request }
      var chunk = [UInt8](repeating: 0, count: 16_384)
      let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffer.append(contentsOf: chunk.prefix(count))
    }
  }

  private mutating func take() -> ScriptedServer.Request? {
    let blank: [UInt8] = [13, 10, 13, 10]
    guard let end = buffer.firstRange(of: blank) else { return nil }
    let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
    let headers = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (name: line[..<colon].lowercased(), value: String(line[colon...].dropFirst().drop { $0 == " " }))
    }
    let length = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
    guard buffer.count - end.upperBound >= length, words.count >= 2 else { return nil }
    let body = Array(buffer[end.upperBound..<(end.upperBound + length)])
    buffer.removeFirst(end.upperBound + length)
    return ScriptedServer.Request(
      method: String(words[0]), target: String(words[1]), headers: headers, body: body)
  }
}
