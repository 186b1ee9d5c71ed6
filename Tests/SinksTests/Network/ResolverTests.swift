// Name resolution that does not answer: a deadline, cancellation, and no more threads than are bounded.

internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Name resolution")
struct ResolverTests {
  private static let type = Int32(SOCK_STREAM.rawValue)

  private func name(_ host: String) throws -> NetworkAddress { try #require(NetworkAddress("\(host):514")) }

  /// A resolver that answers for `quick` and, once let go, for every other name.
  private struct Hanging {
    let gate = DispatchSemaphore(value: 0)
    let asked = Locked<[String]>([])
    let resolver: Resolver

    init(limit: Int = 8) {
      resolver = Resolver(limit: limit) { [gate, asked] address, _ in
        asked.update { $0.append(address.host) }
        if address.host != "quick" { gate.wait() }
        return .failure(SocketFault(ENOEXEC))
      }
    }

    func letGo(_ count: Int) { for _ in 0..<count { gate.signal() } }
  }

  @Test("a name whose resolver hangs is given up at the deadline, and others are resolved meanwhile")
  func deadline() throws {
    let hanging = Hanging()
    defer { hanging.letGo(1) }
    #expect(throws: SocketFault.unresolved) {
      try hanging.resolver.addresses(of: name("stuck"), type: Self.type, within: .milliseconds(50))
    }
    #expect(throws: SocketFault(ENOEXEC)) { try hanging.resolver.addresses(of: name("quick"), type: Self.type) }
    let failure = SocketFault.unresolved.failure("sink.tcp", "tcp://stuck:514")
    #expect(failure.code.rawValue == "sink.tcp.unresolved" && failure.exit == .tryLater)
  }

  @Test("being stopped ends the wait at once")
  func stopped() async throws {
    let hanging = Hanging()
    defer { hanging.letGo(1) }
    let address = try name("stuck")
    let fault = await withTaskGroup(of: SocketFault?.self) { group in
      group.addTask(executorPreference: ThreadExecutor(name: "asks")) {
        do throws(SocketFault) {
          _ = try hanging.resolver.addresses(of: address, type: Self.type, within: .seconds(600))
          return nil
        } catch {
          return error
        }
      }
      while hanging.asked.value.isEmpty { await Task.yield() }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(fault == SocketFault(ECANCELED))
  }

  @Test("abandoned look-ups hold a bounded number of threads, and one name holds one")
  func bounded() throws {
    let hanging = Hanging(limit: 2)
    for host in ["one", "one", "two", "three", "quick"] {
      #expect(throws: SocketFault.unresolved) {
        try hanging.resolver.addresses(of: name(host), type: Self.type, within: .milliseconds(20))
      }
    }
    #expect(hanging.asked.value == ["one", "two"])
    hanging.letGo(2)
    #expect(throws: SocketFault(ENOEXEC)) { try hanging.resolver.addresses(of: name("quick"), type: Self.type) }
  }
}
