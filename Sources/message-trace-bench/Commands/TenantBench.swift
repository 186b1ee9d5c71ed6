// Many tenants in one process of `run`, against the simulator in this one: threads, descriptors, memory, lateness.

internal import Glibc
internal import IntakeCore
internal import Simulator

enum TenantBench {
  /// One measurement.
  private struct Trial {
    var tenants: Int
    /// Of 100, one fails and one hangs.
    var haveTrouble = false
    /// Seconds from pass to pass, and of the whole measurement: starts are 50 ms apart.
    var every = 5
    var seconds = 14
  }

  private static let trials = [
    Trial(tenants: 1), Trial(tenants: 10), Trial(tenants: 100, seconds: 19),
    Trial(tenants: 100, haveTrouble: true, seconds: 19),
    Trial(tenants: 1_000, haveTrouble: true, every: 60, seconds: 125),
  ]

  static func run(largest: Int = 1_000) throws(Failure) {
    Bench.say(
      "\ntenants in one process of `run`, load \(Machine.load); lateness is that of the tenants without trouble")
    Bench.say(
      "tenants  with trouble  every   threads  descriptors  peak MiB  CPU ms a pass  passes  late by p50, p99, most, in ms"
    )
    for trial in trials where trial.tenants <= largest { try measure(trial) }
  }

  private static func measure(_ trial: Trial) throws(Failure) {
    let folder = "/tmp/message-trace-bench-tenants-\(getpid())"
    unsafe mkdir(folder, 0o700)
    defer { Program.remove(folder) }
    let server = try simulator(trial)
    defer { server.stop() }
    let playbooks = try SimulatedPlaybooks(server, in: folder).write()
    let command = ["env", "-u", "HOME", "-u", "XDG_STATE_HOME", WholeRun.program, "run"] + playbooks
    let options = ["--every", "\(trial.every)s", "--metrics-file", "\(folder)/m.prom"]
    guard let child = Child(command + options) else { throw CommandBench.failed(["run"]) }
    var watched = WatchedProcess(child.id)
    let end = ContinuousClock.now + .seconds(trial.seconds)
    while ContinuousClock.now < end {
      watched.look()
      usleep(50_000)
    }
    kill(child.id, SIGTERM)
    let processor = child.cost()?.processor ?? 0
    let lateness = Lateness(server.requests(), every: Double(trial.every))
    guard lateness.passes > 0 else { throw CommandBench.failed(["run"]) }
    tell(trial, watched, processor, lateness)
  }

  private static func tell(_ trial: Trial, _ watched: WatchedProcess, _ processor: Double, _ lateness: Lateness) {
    Bench.say(
      Bench.pad(Bench.grouped(trial.tenants), 9) + Bench.pad("\(trial.haveTrouble ? trial.tenants / 50 : 0)", 14)
        + Bench.pad("\(trial.every) s", 8) + Bench.pad("\(watched.threads)", 9)
        + Bench.pad("\(watched.descriptors)", 13) + Bench.pad("\(watched.peakMiB)", 10)
        + Bench.pad(Bench.hundredths(processor * 1_000 / Double(lateness.passes)), 15)
        + Bench.pad("\(lateness.passes)", 8) + lateness.text)
    guard trial.tenants == 1_000 else { return }
    Summary.ofRun.note(
      .tenants,
      "passes of the others late by \(lateness.at(0.99)) ms (p99), \(watched.peakMiB) MiB, \(watched.threads) threads, "
        + "\(watched.descriptors) open files")
  }

  private static func simulator(_ trial: Trial) throws(Failure) -> SimulatorServer {
    let now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: 1, messages: 200, window: Window(start: now - .seconds(86_400), end: now + .seconds(86_400)))
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.quota = .off
    settings.tenants = trial.tenants
    if trial.haveTrouble { NamedFault.fewTenants.apply(to: &settings) }
    return try SimulatorServer.start(settings)
  }
}

/// How much later or earlier than one interval after the one before each pass began, by the requests of each tenant, which
/// its token tells.
private struct Lateness {
  private(set) var passes = 0
  /// Seconds, in order.
  private var late: [Double] = []

  init(_ requests: [RecordedRequest], every: Double) {
    var begun: [String: [Double]] = [:]
    for request in requests where !Self.isOfTrouble(request) {
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

  private static func isOfTrouble(_ request: RecordedRequest) -> Bool {
    request.path.hasPrefix(SimulatedPlaybooks.failing) || request.path.hasPrefix(SimulatedPlaybooks.hanging)
  }

  /// Milliseconds that this share of the passes stays below.
  func at(_ share: Double) -> Int {
    guard !late.isEmpty else { return 0 }
    return Int(late[min(late.count - 1, Int(Double(late.count) * share))] * 1_000)
  }

  var text: String { late.isEmpty ? "-" : "\(at(0.5)), \(at(0.99)), \(at(1))" }
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
