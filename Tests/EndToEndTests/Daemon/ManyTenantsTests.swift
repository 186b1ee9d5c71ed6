// Many tenants in one process: what they cost, and that some which hang cost the others nothing.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct ManyTenantsTests {
  /// The bound of both pools of threads and some for the runtime, libcurl and signals.
  private static let mostThreads = 180
  /// While 200 tenants are in their passes, each with a connection and its files: as many as the program allows itself.
  private static let mostDescriptors = 64 + 12 * 200
  /// Between two passes: connections that are kept for the next, and some of the process.
  private static let mostIdleDescriptors = 300

  @Test("of 200 tenants in one process 10 that hang cost the others nothing; threads and descriptors are bounded")
  func many() throws {
    // Without it the tenants would never be side by side.
    let slow = FaultRule(.latency(.seconds(2)), on: "/v1.0/")
    let fixture = try PlaybookFixture(messages: 2, faults: [slow])
    let deaf = try #require(UnresponsiveReceiver())
    let hanging = try (0..<10).map { number in
      try fixture.playbook("hang\(number)", every: "1h", service: "http://127.0.0.1:\(deaf.port)")
    }
    let names = (0..<190).map { "t\($0)" }
    let playbooks = try names.map { try fixture.playbook($0, every: "1h") }
    let running = Program.start(["run"] + hanging + playbooks, environment: fixture.environment)
    var (threads, descriptors) = (0, 0)
    eventually {
      threads = max(threads, Self.threads(running.id))
      descriptors = max(descriptors, Self.descriptors(running.id))
      return deaf.isReached && names.allSatisfy { fixture.passes($0) >= 1 }
    }
    #expect(threads > 0 && threads <= Self.mostThreads, "\(threads) threads")
    #expect(descriptors > 0 && descriptors <= Self.mostDescriptors, "\(descriptors) descriptors")
    eventually { Self.descriptors(running.id) <= Self.mostIdleDescriptors }
    running.signal(SIGTERM)
    let outcome = running.finish()
    #expect(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
    let metrics = try fixture.folder.text("m.prom")
    #expect(metrics.contains("message_trace_passes_total{"))
    for name in names.prefix(3) { fixture.expectWhole(name) }
  }

  /// Source: proc(5), status.
  private static func threads(_ process: pid_t) -> Int {
    let text = (try? FileBytes.read("/proc/\(process)/status", purpose: "threads")) ?? []
    let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Threads:") }
    return line.flatMap { Int($0.split(separator: "\t").last ?? "") } ?? 0
  }

  /// Source: proc(5), fd.
  private static func descriptors(_ process: pid_t) -> Int {
    guard let folder = unsafe opendir("/proc/\(process)/fd") else { return 0 }
    defer { unsafe closedir(folder) }
    var count = 0
    while unsafe readdir(folder) != nil { count += 1 }
    return count
  }
}
