// Syslog over UDP: whole datagrams, a refused port, a pace.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

@Suite("Syslog over UDP")
struct DatagramSinkTests {
  private let slept = Slept()

  private final class Slept: Sendable {
    let total = Mutex(Duration.zero)
  }

  private func sink(_ port: UInt16, _ query: String = "") throws -> DatagramSink {
    let options = try SyslogOptions(.udp, query: query, spec: "udp://test")
    let address = try #require(NetworkAddress("127.0.0.1:\(port)"))
    let time = TimeSource(now: { Instant(ticks: 0) }, sleep: { [slept] wait in slept.total.withLock { $0 += wait } })
    return DatagramSink(name: "udp://test", address: address, options: options, time: time)
  }

  private func code(_ sink: DatagramSink, _ entry: JournalEntry) async -> String? {
    do throws(Failure) {
      _ = try await sink.deliver(entry, from: SinkPosition(sequence: 0))
      return nil
    } catch {
      return "\(error.code) \(error.exit.rawValue)"
    }
  }

  @Test("one event a datagram, none longer than was set, paced")
  func datagrams() async throws {
    let (receiver, port) = try Loopback.bound(AF_INET, Int32(SOCK_DGRAM.rawValue))
    defer { close(receiver) }
    var entry = SinkContract.entry(1, count: 40)
    entry.bytes.append(
      contentsOf: Array("{\"event.id\":\"long\",\"x\":\"\(String(repeating: "y", count: 70_000))\"}\n".utf8))
    entry.entries.append(
      .init(identity: Identity(high: 1, low: 1), received: Instant(ticks: 0), end: entry.bytes.count))
    #expect(await code(try sink(port, "rate=200&max-bytes=1000"), entry) == nil)
    #expect(slept.total.withLock { $0 } == .milliseconds(200))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var messages: [String] = []
    while case let count = unsafe recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
      messages.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
    #expect(messages.count == 41 && messages.allSatisfy { $0.hasPrefix("<13") && $0.utf8.count <= 1_000 })
    #expect(messages.last?.hasSuffix("{\"event.id\":\"long\",\"labels.truncated\":\"true\"}") == true)
  }

  @Test("a port where nobody listens is noticed, for one event and for many", arguments: [1, 50])
  func refused(count: Int) async throws {
    let (descriptor, port) = try Loopback.bound(AF_INET, Int32(SOCK_DGRAM.rawValue))
    close(descriptor)
    #expect(await code(try sink(port), SinkContract.entry(1, count: count)) == "sink.udp.refused 75")
  }
}
