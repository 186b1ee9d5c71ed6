// Many tenants in one process of `run`, against the simulator in this one: threads, descriptors, memory, lateness.

internal import Glibc
internal import IntakeCore
internal import Simulator

enum TenantBench {
  /// Of 100 tenants two hang: their service takes the connection and never answers.
  private static let hangingIn = 50

  static func run(largest: Int = 1_000) throws(Failure) {
    Bench.say(
      "\ntenants in one process, a pass every 10 s, of 1,000 every 60 s; every 50th hangs; lateness of the others' passes"
    )
    Bench.say("tenants   threads   descriptors   peak MiB   CPU ms a pass   passes   late by p50, p99, most, in ms")
    for count in [1, 10, 100, 1_000] where count <= largest {
      try measure(count, every: count == 1_000 ? 60 : 10, for: count == 1_000 ? 150 : 32)
    }
  }

  private static func measure(_ count: Int, every: Int, for seconds: Int) throws(Failure) {
    let folder = "/tmp/message-trace-bench-tenants-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    let now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: 1, messages: 200, window: Window(start: now - .seconds(86_400), end: now + .seconds(86_400)))
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.quota = .off
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    guard let deaf = DeafListener() else { throw Failure("bench.receiver", exit: .system, "Opening a port.") }
    let playbooks = (0..<count).map { number in
      playbook(folder, number, every, number % hangingIn == hangingIn - 1 ? deaf.url : server.graphURL, settings)
    }
    guard Program.write(Array(settings.clientSecret.utf8), to: "\(folder)/secret"),
      playbooks.allSatisfy({ Program.write(Array($0.text.utf8), to: $0.path) })
    else { throw Failure("bench.folder", exit: .cannotCreate, "Writing playbooks to \(folder).") }
    let command = ["env", "-u", "HOME", "-u", "XDG_STATE_HOME", WholeRun.program, "run"] + playbooks.map(\.path)
    guard let child = Child(command) else { throw CommandBench.failed(["run"]) }
    var watched = WatchedProcess(child.id)
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      watched.look()
      usleep(50_000)
    }
    kill(child.id, SIGTERM)
    let processor = child.cost()?.processor ?? 0
    let lateness = Lateness(server.requests(), every: Double(every))
    guard lateness.passes > 0 else { throw CommandBench.failed(["run"]) }
    Bench.say(
      Bench.pad(Bench.grouped(count), 10) + Bench.pad("\(watched.threads)", 10)
        + Bench.pad("\(watched.descriptors)", 14)
        + Bench.pad("\(watched.peakMiB)", 11)
        + Bench.pad(Bench.hundredths(processor * 1_000 / Double(lateness.passes)), 16)
        + Bench.pad("\(lateness.passes)", 9) + lateness.text)
  }

  private static func playbook(
    _ folder: String, _ number: Int, _ every: Int, _ service: String, _ settings: SimulatorSettings
  ) -> (path: String, text: String) {
    (
      "\(folder)/t\(number).json",
      """
      { "name": "t\(number)", "type": "intake",
        "trigger": { "every": "\(every)s", "since": "1h" },
        "source": { "mode": "graph", "tenant": "\(settings.tenant.name)", "clientId": "\(settings.clientID)",
          "clientSecret": { "file": "secret" }, "graphUrl": "\(service)", "authority": "\(service)" },
        "sinks": ["file:\(folder)/t\(number).ndjson"], "state": "\(folder)/t\(number)", "metricsFile": "\(folder)/m.prom" }
      """
    )
  }
}

/// How much later or earlier than one interval after the one before each pass began, by the requests of each tenant, which
/// its token tells.
private struct Lateness {
  private(set) var passes = 0
  private var late: [Double] = []

  init(_ requests: [RecordedRequest], every: Double) {
    var begun: [String: [Double]] = [:]
    for request in requests {
      guard let token = request.header("authorization") else { continue }
      let time = (request.time - Instant(seconds: 0)).inSeconds
      if let last = begun[token]?.last, time - last < every / 2 { continue }
      begun[token, default: []].append(time)
    }
    for times in begun.values {
      passes += times.count
      for (first, second) in zip(times, times.dropFirst()) { late.append(abs(second - first - every)) }
    }
    late.sort()
  }

  var text: String {
    guard let most = late.last else { return "-" }
    func at(_ share: Double) -> Int { Int(late[min(late.count - 1, Int(Double(late.count) * share))] * 1_000) }
    return "\(at(0.5)), \(at(0.99)), \(Int(most * 1_000))"
  }
}

/// The most that a process had of each. Source: proc(5).
private struct WatchedProcess {
  private let id: pid_t
  private(set) var threads = 0
  private(set) var descriptors = 0
  private(set) var peakMiB = 0

  init(_ id: pid_t) { self.id = id }

  mutating func look() {
    let bytes = (try? FileBytes.read("/proc/\(id)/status", purpose: "status")) ?? []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count > 1, let number = Int(words[1]) else { continue }
      if words[0] == "Threads:" { threads = max(threads, number) }
      if words[0] == "VmHWM:" { peakMiB = max(peakMiB, number / 1_024) }
    }
    guard let folder = unsafe opendir("/proc/\(id)/fd") else { return }
    defer { unsafe closedir(folder) }
    var count = -2
    while unsafe readdir(folder) != nil { count += 1 }
    descriptors = max(descriptors, count)
  }
}

/// A port whose connections are never read.
private final class DeafListener {
  let url: String
  private let descriptor: Int32

  init?() {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(descriptor, generic, length) == 0 && listen(descriptor, 128) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    self.descriptor = descriptor
    url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    guard isBound else { return nil }
  }

  deinit { close(descriptor) }
}
