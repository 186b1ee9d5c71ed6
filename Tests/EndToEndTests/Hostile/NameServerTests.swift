// A name server that never answers: getaddrinfo(3) waits for minutes and cannot be stopped.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.enabled(if: SilentNameServer.isPossible, "needs root: port 53 and a mount namespace (unshare) of its own"))
struct NameServerTests {
  @Test(
    "while the name of a service is looked up in vain, TERM ends the program in order, not by force",
    arguments: ["collect", "check", "query"])
  func stopping(_ command: String) throws {
    let server = try #require(SilentNameServer())
    let fixture = try PlaybookFixture(messages: 20)
    let playbook = try fixture.playbook("a")
    let arguments = command == "query" ? ["--playbook", playbook] : [playbook]
    let configuration = try fixture.folder.write(
      "nameserver \(server.address)\noptions timeout:30 attempts:5\n", to: "resolv.conf")
    let mounting = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""
    let running = try TestProgram(
      ["unshare", "--mount", "sh", "-c", mounting, configuration, Program.path, command] + arguments + [
        "--authority", "https://login.company.example",
      ], environment: fixture.environment
    ).startCapturing()
    eventually { running.ended() != nil || server.hasBeenAsked }
    #expect(running.ended() == nil, "\(running.errorsSoFar)")
    running.signal(SIGTERM)
    let outcome = running.finish()
    // The forced end, nine seconds after the signal, says nothing.
    let said = outcome.errors + String(decoding: outcome.output, as: UTF8.self)
    #expect(outcome.status == 75 && said.contains("Stopped before"), "\(said)")
  }
}

/// Receives questions on a loopback address of its own and never answers.
final class SilentNameServer {
  let address: String
  private let descriptor: Int32

  static let isPossible: Bool = {
    guard geteuid() == 0, InstalledProgram.path(of: "unshare") != nil, InstalledProgram.path(of: "mount") != nil else {
      return false
    }
    let trial = try? TestProgram(["unshare", "--mount", "mount", "--bind", "/tmp", "/tmp"]).startCapturing()
    return trial?.finish().status == 0 && SilentNameServer() != nil
  }()

  /// nil if no address is free.
  init?() {
    let host = UInt32(0x7F00_0000) | UInt32.random(in: 0x01_0000...0xFE_FFFE)
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = host.bigEndian
    place.sin_port = UInt16(53).bigEndian
    let isBound = unsafe withUnsafePointer(to: &place) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        unsafe bind(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isBound else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    address = [24, 16, 8, 0].map { "\(host >> $0 & 0xFF)" }.joined(separator: ".")
  }

  deinit { close(descriptor) }

  /// True once a question has come.
  var hasBeenAsked: Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, 0) == 1
  }
}
