// `sd=`: structured data in the messages that a receiver gets from the program.

import Glibc
import IntakeCore
import IntakeTesting
import Simulator
import Testing

@Suite("Structured data", .ownThreads)
struct StructuredDataTests {
  private static let options = "sd=%5BSEKOIA@53288%20intake_key=%22{token}%22%5D"

  @Test("every message carries the structured data with the secret of a file, which no log or state holds")
  func delivered() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let key = "ab]c\"d\\e-secret"
    try fixture.folder.write("\(key)\n", to: "key")
    let receiver = try DatagramReceiver()
    let sink = "udp://127.0.0.1:\(receiver.port)?\(Self.options)&token-file=\(fixture.folder("key"))&rate=0"
    let outcome = Program.run(
      ["collect", try fixture.playbook("a"), "--sink", sink, "--log-level", "debug"], environment: fixture.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let message = try #require(receiver.next())
    #expect(
      message.contains(#" o365.message_trace [SEKOIA@53288 intake_key="ab\]c\"d\\e-secret"][event@32473 id=""#),
      "\(message)")
    #expect(!outcome.errors.contains(key))
    let grep = try TestProgram(["grep", "-rqF", "e-secret", fixture.state("a")]).run()
    #expect(grep == 1)
  }

  @Test(
    "what is no structured data, or a key without its place, is refused",
    arguments: [
      "sd=plain", "sd=%5Ba%20b=%22c%5D", "sd=%5Ba%20b=%22c%22%5D%20", "sd=%5Bevent@32473%20b=%22c%22%5D",
      "sd=%5Ba%5D%5Ba%5D", "\(Self.options)", "sd=%5Ba%5D&token-env=GOOD", "token-env=GOOD",
      "sd=%5Ba%5D&format=rfc3164", "format=rfc3164&sd=%5Ba%5D", "sd=%5Ba%5D&max-bytes=500",
      "\(Self.options)&token-env=ABSENT",
    ])
  func refused(_ options: String) throws {
    let fixture = try PlaybookFixture(messages: 1)
    let outcome = Program.run(
      ["collect", try fixture.playbook("a"), "--sink", "udp://127.0.0.1:9?\(options)"],
      environment: fixture.environment)
    #expect(outcome.status == 78 && !outcome.errors.contains(fixture.settings.clientSecret), "\(outcome.errors)")
    #expect(fixture.server.requests().isEmpty)
  }
}

/// A socket on the loopback that keeps what programs send to it.
private final class DatagramReceiver {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    let option = socklen_t(MemoryLayout<timeval>.size)
    let descriptor = descriptor
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    let isLimited = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, option) == 0
    try #require(isBound && isLimited)
  }

  deinit { close(descriptor) }

  /// The next message; nil if none comes within two minutes.
  func next() -> String? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
