// The connection of one client: reads requests within limits, sends responses, and applies faults to them.

internal import Glibc
internal import IntakeCore

/// Blocking reads and writes on one socket. Returns when the peer closes, breaks the protocol, or the server stops.
struct Connection {
  static let headLimit = 64 << 10
  static let bodyLimit = 1 << 20
  /// For requests that bring events.
  static let eventsLimit = 128 << 20

  let socket: Int32
  private var buffer: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  init(socket: Int32) {
    self.socket = socket
    var one: Int32 = 1
    unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Answers requests until the connection ends.
  mutating func serve(_ answer: (HTTPRequest) -> HTTPResponse) {
    while true {
      let request: HTTPRequest
      switch read() {
      case .success(let read): request = read
      case .failure(let refusal):
        if refusal.status > 0 { refuse(refusal.status) }
        return
      }
      guard send(answer(request), closing: !request.keepsAlive), request.keepsAlive else { return }
    }
  }

  /// Why no request came: an HTTP status to answer with, or 0 for an ended connection.
  private struct Refusal: Error { var status: Int }

  private mutating func read() -> Result<HTTPRequest, Refusal> {
    var searched = 0
    var end = headEnd(from: &searched)
    while end == nil {
      guard buffer.count <= Self.headLimit else { return .failure(Refusal(status: 431)) }
      guard fill() else { return .failure(Refusal(status: 0)) }
      end = headEnd(from: &searched)
    }
    guard let end, end.head <= Self.headLimit else { return .failure(Refusal(status: 431)) }
    guard var request = HTTPRequest(head: Array(buffer[..<end.head])), let length = request.contentLength else {
      return .failure(Refusal(status: 400))
    }
    guard request.header("transfer-encoding") == nil else { return .failure(Refusal(status: 501)) }
    guard length <= (request.bringsEvents ? Self.eventsLimit : Self.bodyLimit) else {
      return .failure(Refusal(status: 413))
    }
    buffer.removeFirst(end.body)
    if request.header("expect")?.lowercased() == "100-continue" {
      _ = write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    while buffer.count < length { guard fill() else { return .failure(Refusal(status: 0)) } }
    request.body = Array(buffer[..<length])
    buffer.removeFirst(length)
    return .success(request)
  }

  /// Where the head ends and the body begins, once an empty line is there.
  private func headEnd(from searched: inout Int) -> (head: Int, body: Int)? {
    var index = max(0, searched - 3)
    while index < buffer.count {
      if buffer[index] == 0x0A {
        if index + 1 < buffer.count, buffer[index + 1] == 0x0A { return (index, index + 2) }
        if index + 2 < buffer.count, buffer[index + 1] == 0x0D, buffer[index + 2] == 0x0A { return (index, index + 3) }
      }
      index += 1
    }
    searched = buffer.count
    return nil
  }

  /// Says no and reads on for a moment, so that a reset does not overtake the answer.
  private mutating func refuse(_ status: Int) {
    guard send(HTTPResponse(status, type: "text/plain", ""), closing: true) else { return }
    shutdown(socket, Int32(SHUT_WR))
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    for _ in 0..<256 where !fill() { return }
  }

  /// False at the end of the stream.
  private mutating func fill() -> Bool {
    while true {
      let count = unsafe recv(socket, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      buffer.append(contentsOf: chunk[..<count])
      return true
    }
  }

  /// False if the connection is to end.
  private func send(_ response: HTTPResponse, closing: Bool) -> Bool {
    switch response.delivery {
    case .whole: return write(response.head(closing: closing) + response.body)
    case .truncated(let count):
      _ = write(response.head(closing: closing) + response.body.prefix(count))
      return false
    case .reset(let count):
      _ = write(response.head(closing: closing) + response.body.prefix(count))
      return reset()
    case .cut(let count):
      _ = write(Array((response.head(closing: closing) + response.body).prefix(count)))
      return reset()
    case .raw(let bytes):
      _ = write(bytes)
      return false
    }
  }

  /// The close that follows is a reset.
  private func reset() -> Bool {
    var lingering = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
    return false
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
