// Syslog over UDP: best effort, by nature. Paced, so that a receiver's buffer can follow; a refused port is noticed.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// `udp://`.
final class DatagramSink: Sink {
  let name: String
  private let address: NetworkAddress
  private let format: SyslogFormat
  private let rate: Int
  private let time: TimeSource

  init(name: String, address: NetworkAddress, options: SyslogOptions, time: TimeSource) {
    self.name = name
    self.address = address
    self.time = time
    rate = options.rate
    format = SyslogFormat(options, framing: nil)
  }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    SinkPosition(sequence: position?.sequence ?? 0)
  }

  /// Tries each of the receiver's addresses until one does not refuse.
  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    var last = SocketFault(EADDRNOTAVAIL)
    do throws(SocketFault) {
      let type = Int32(truncatingIfNeeded: SOCK_DGRAM.rawValue)
      for candidate in try Resolver.shared.addresses(of: address, type: type) {
        do throws(SocketFault) {
          try await deliver(entry, to: candidate)
          return SinkPosition(sequence: entry.sequence)
        } catch {
          guard error.number != ECANCELED else { throw error }
          last = error
        }
      }
    } catch {
      last = error
    }
    throw last.failure("sink.udp", name)
  }

  /// A connected socket, or a refusal would never be heard of: the second send after it says so, or the last look.
  private func deliver(_ entry: JournalEntry, to candidate: Resolver.Address) async throws(SocketFault) {
    let socket = try Socket.connect(to: candidate, datagrams: true, within: .seconds(10))
    var start = 0
    for (index, one) in entry.entries.enumerated() {
      var datagram: [UInt8] = []
      format.append(entry.bytes[start..<one.end], one, to: &datagram)
      start = one.end
      try send(datagram, socket)
      try await pace(index)
    }
    try listen(socket)
  }

  func close() async {}

  private func send(_ datagram: [UInt8], _ socket: Socket) throws(SocketFault) {
    while try socket.send(datagram[...]) == 0 {
      try socket.wait(for: Int16(POLLOUT), within: .seconds(10))
    }
  }

  /// Sleeps 50 ms after each twentieth of the datagrams that `rate` allows in a second.
  private func pace(_ index: Int) async throws(SocketFault) {
    guard rate > 0, (index + 1) % max(1, rate / 20) == 0 else { return }
    do {
      try await time.sleep(.milliseconds(rate >= 20 ? 50 : 1_000 / rate))
    } catch {
      throw SocketFault(ECANCELED)
    }
  }

  /// Waits 50 ms for an ICMP error: no receiver at this port.
  private func listen(_ socket: Socket) throws(SocketFault) {
    do throws(SocketFault) {
      try socket.wait(for: 0, within: .milliseconds(50))
    } catch {
      guard error.number == ETIMEDOUT else { throw error }
      return
    }
    try socket.check()
  }
}
