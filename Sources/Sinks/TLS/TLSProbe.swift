// What a port that was taken for plain TCP speaks: a receiver of TLS ends or resets every connection, without a word.

internal import Glibc
internal import IntakeCore

enum TLSProbe {
  /// A ClientHello of TLS 1.2 with four usual cipher suites and no extensions (RFC 5246 section 7.4.1.2): enough for any
  /// answer of TLS, be it an alert. No byte of it ends a line, and its random part holds letters alone: rsyslog takes what is
  /// in front of a space or a colon for a tag, the rest for a message.
  static let hello: [UInt8] = {
    let suites: [UInt8] = [0xC0, 0x2F, 0xC0, 0x30, 0x00, 0x9C, 0x00, 0x2F]
    let random = (0..<32).map { _ in UInt8.random(in: 0x61...0x7A) }
    let body = [3, 3] + random + [0, 0, UInt8(suites.count)] + suites + [1, 0]
    let message = [1, 0, 0, UInt8(body.count)] + body
    return [0x16, 3, 1, 0, UInt8(message.count)] + message
  }()

  /// The protocol of the answer to a ClientHello; nil where none comes, as from a receiver of plain text. Opens a connection
  /// of its own.
  /// - Parameter timeout: of each step.
  static func answer(_ address: NetworkAddress, within timeout: Duration) -> PeerProtocol? {
    var answer: [UInt8] = []
    do throws(SocketFault) {
      let socket = try Socket.connect(address, datagrams: false, within: min(timeout, .seconds(10)))
      guard try socket.send(hello[...]) == hello.count else { return nil }
      // A receiver of plain text has no reason to wait for more.
      try socket.shutDownSending()
      while PeerProtocol(answer: answer) == nil, answer.count < PeerProtocol.most {
        try socket.wait(for: Int16(POLLIN), within: timeout)
        if try socket.receive(&answer) { break }
      }
    } catch {
      // A reset may follow the alert.
    }
    return PeerProtocol(answer: answer)
  }
}
