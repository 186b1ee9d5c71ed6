// A client of a few lines over real sockets: the simulator is tested as its users meet it.

import Glibc
import IntakeCore

@testable import Simulator

/// One answer as it came; `complete` is false where the connection ended before the promised length.
struct RawAnswer {
  var status = 0
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  var complete = true

  var text: String { String(decoding: body, as: UTF8.self) }

  func json() throws -> JSONValue { try JSONValue(parsing: body) }
}

/// One connection.
final class RawClient {
  private let socket: Int32
  private var buffer: [UInt8] = []

  init(port: Int) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit { close(socket) }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func endSending() { shutdown(socket, Int32(SHUT_WR)) }

  /// Everything until the peer closes.
  func drain() -> [UInt8] {
    while fill() {}
    return buffer
  }

  func request(
    _ method: String, _ target: String, _ headers: [(String, String)] = [], body: String = ""
  ) -> RawAnswer {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    send(Array((text + "Content-Length: \(body.utf8.count)\r\n\r\n" + body).utf8))
    return answer()
  }

  func answer() -> RawAnswer {
    var answer = RawAnswer()
    while !hasHead() { guard fill() else { return RawAnswer(complete: false) } }
    let lines = takeHead().split(separator: "\r\n")
    answer.status = lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) } ?? 0
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      answer.headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
    }
    let length = answer.headers["content-length"].flatMap { Int($0) } ?? 0
    while buffer.count < length { guard fill() else { break } }
    answer.complete = buffer.count >= length
    answer.body = Array(buffer.prefix(length))
    buffer.removeFirst(min(length, buffer.count))
    return answer
  }

  private var port: Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getpeername(socket, $0, &length) }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private var headEnd: Int? {
    guard buffer.count >= 4 else { return nil }
    return (0...(buffer.count - 4)).first {
      buffer[$0] == 13 && buffer[$0 + 1] == 10 && buffer[$0 + 2] == 13 && buffer[$0 + 3] == 10
    }
  }

  private func hasHead() -> Bool { headEnd != nil }

  private func takeHead() -> String {
    let end = headEnd ?? 0
    defer { buffer.removeFirst(end + 4) }
    return String(decoding: buffer[..<end], as: UTF8.self)
  }

  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(socket, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer.append(contentsOf: chunk[..<count])
    return true
  }
}
