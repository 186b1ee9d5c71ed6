// What systemd reads from its socket, on real sockets of both kinds.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Trigger

@Suite struct SystemdNoticeTests {
  /// A datagram socket bound to a path or, with `@`, to an abstract name.
  final class Listener {
    let name: String
    private let descriptor: Int32

    init(_ name: String) {
      self.name = name
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      let path = Array(name.utf8)
      var bytes = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
      bytes += name.hasPrefix("@") ? [0] + path.dropFirst() : path + [0]
      let result = unsafe bytes.withUnsafeBytes { raw in
        unsafe raw.baseAddress.map { base in
          unsafe bind(descriptor, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
      }
      #expect(result == 0)
    }

    deinit {
      close(descriptor)
      if !name.hasPrefix("@") { _ = unsafe unlink(name) }
    }

    /// The next datagram; empty if there is none.
    func next() -> String {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
  }

  @Test("each notice is one datagram, on a path and on an abstract name", arguments: [true, false])
  func notices(_ isAbstract: Bool) {
    let name = "\(isAbstract ? "@" : "/tmp/")message-trace-notice-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    let listener = Listener(name)
    let notice = SystemdNotice(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "20000000"])
    #expect(notice.watchdog == .seconds(20))
    notice.ready("2 of 2 well")
    #expect(listener.next() == "READY=1\nSTATUS=2 of 2 well")
    notice.status("first\nREADY=0")
    let forged = listener.next()
    #expect(forged.hasPrefix("STATUS=first") && !forged.contains("\n"))
    notice.alive()
    #expect(listener.next() == "WATCHDOG=1")
    notice.reloading()
    let reloading = listener.next().split(separator: "\n")
    #expect(reloading.first == "RELOADING=1")
    #expect(reloading.last.flatMap { Int64($0.dropFirst("MONOTONIC_USEC=".count)) } ?? 0 > 0)
    notice.stopping()
    #expect(listener.next().hasPrefix("STOPPING=1\n"))
    #expect(listener.next() == "")
  }

  @Test("a queue that is full for a moment costs no notice")
  func crowded() {
    let name = "@message-trace-crowd-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    let listener = Listener(name)
    let notice = SystemdNotice(environment: ["NOTIFY_SOCKET": name])
    // The kernel holds eleven notices at most; the others wait.
    Threads.start { for number in 0..<100 { notice.status("\(number)") } }
    var heard: [String] = []
    _ = Waiting.until(every: 500) {
      while case let next = listener.next(), !next.isEmpty { heard.append(next) }
      return heard.count >= 100
    }
    #expect(heard == (0..<100).map { "STATUS=\($0)" })
  }

  @Test(
    "without a usable socket nothing is said and no watchdog is fed",
    arguments: [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"], ["WATCHDOG_USEC": "1000000"]])
  func silent(_ environment: [String: String]) {
    let notice = SystemdNotice(environment: environment)
    notice.ready("fine")
    #expect(notice.watchdog == nil)
  }

  @Test("another process's watchdog is not ours")
  func foreign() {
    let environment = ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"]
    #expect(SystemdNotice(environment: environment).watchdog == nil)
  }

  @Test("a path too long for a socket harms nobody")
  func long() {
    SystemdNotice(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 300)]).alive()
    let name = String(repeating: "y", count: 400)
    #expect(SystemdNotice.line(name).utf8.count < 320)
  }
}
