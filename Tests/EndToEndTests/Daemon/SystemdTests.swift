// The notifications of the daemon to systemd, in order.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct SystemdTests {
  @Test(
    "READY, watchdog notices, RELOADING at HUP, STOPPING at TERM, on a path and an abstract socket",
    arguments: [false, true])
  func notices(_ isAbstract: Bool) throws {
    let fixture = try PlaybookFixture(messages: 20)
    let path = isAbstract ? "@message-trace\(fixture.folder("notify"))" : fixture.folder("notify")
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
    address += isAbstract ? [0] + Array(path.utf8.dropFirst()) : Array(path.utf8) + [0]
    let bound = unsafe address.withUnsafeBytes { raw in
      unsafe raw.baseAddress.map { base in
        unsafe bind(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
      }
    }
    try #require(bound == 0)
    let environment = fixture.environment.merging(["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"]) { $1 }
    let running = Program.start(["run", try fixture.playbook("a")], environment: environment)
    var heard: [String] = []
    func hear(_ prefix: String) {
      eventually {
        while let notice = Self.next(descriptor) { heard.append(notice) }
        return heard.contains { $0.hasPrefix(prefix) }
      }
    }
    hear("WATCHDOG=1")
    running.signal(SIGHUP)
    hear("RELOADING=1\nMONOTONIC_USEC=")
    hear("STATUS=1 of 1 playbooks well")
    running.signal(SIGTERM)
    hear("STOPPING=1")
    #expect(running.finish().status == 0)
    #expect(heard.first?.hasPrefix("READY=1\nSTATUS=") == true)
    #expect(heard.count { $0.hasPrefix("READY=1") } == 2)
    #expect(heard.allSatisfy { !$0.contains(fixture.settings.clientSecret) })
  }

  private static func next(_ descriptor: Int32) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
  }
}
