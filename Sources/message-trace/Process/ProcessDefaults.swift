// Safe process defaults: signals, standard descriptors, umask, core dumps, memory, descriptor limit.

internal import Glibc
internal import IntakeCore

enum ProcessDefaults {
  /// Call this first. Opens descriptors 0 to 2 if they are closed, so that no other file gets their numbers.
  static func makeSafe() {
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
    umask(0o077)
    var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
      let opened = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
      guard opened == descriptor else { _exit(ExitCode.system.rawValue) }
    }
    keepMemoryWhole()
    // Without it each call by an unprivileged user writes to syslog that a thread's priority could not be raised.
    _ = unsafe setenv("LIBDISPATCH_LOG", "NO", 0)
  }

  /// Gives large blocks back to the system as they are freed. Without it glibc raises the size from which it does so to that
  /// of the largest block it has seen, and the table of a growing ledger leaves holes between its parts. Source: mallopt(3).
  private static func keepMemoryWhole() {
    typealias Tune = @convention(c) (Int32, Int32) -> Int32
    let mapThreshold: Int32 = -3
    guard let tune = unsafe dlsym(nil, "mallopt") else { return }
    _ = unsafe unsafeBitCast(tune, to: Tune.self)(mapThreshold, 256 << 10)
    // Of the parts that threads allocate from: each keeps what it has once had.
    let mostArenas: Int32 = -8
    _ = unsafe unsafeBitCast(tune, to: Tune.self)(mostArenas, 2)
  }

  /// The minimum for a run: state, output, connections, and the runtime's own, which ends the process if it gets none.
  private static let fewestDescriptors: rlim_t = 64

  /// Raises the descriptor limit to the minimum.
  /// - Throws: `os.emfile` (71) if the hard limit is below the minimum.
  static func checkLimits() throws(Failure) {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < fewestDescriptors else { return }
    limit.rlim_cur = min(limit.rlim_max, fewestDescriptors)
    let isRaised = unsafe setrlimit(resource, &limit) == 0
    guard !isRaised || limit.rlim_cur < fewestDescriptors else { return }
    throw Failure(
      .noDescriptors, exit: .system, "Starting: the process may open only \(limit.rlim_max) files at a time.",
      hint: "Raise the limit to \(fewestDescriptors) or more (ulimit -n, LimitNOFILE=).")
  }

  /// Threads of the runtime and of one playbook: its work, its requests and its sinks.
  private static let fewestThreads = 12

  /// Checks that the threads of so many playbooks can be made, before any of them holds a state.
  /// - Throws: `os.threads` (71).
  static func checkThreads(playbooks: Int) throws(Failure) {
    let wanted = min(fewestThreads + 3 * max(0, playbooks - 1), fewestThreads + ThreadPool.most)
    let available = ThreadProbe.available(wanted)
    guard available < wanted else { return }
    throw Failure(
      "os.threads", exit: .system, "Starting: the process can make only \(available) of \(wanted) threads.",
      hint: "Raise the limit of processes (ulimit -u, TasksMax=, the container's limit of process ids).")
  }

  /// Raises the descriptor limit as far as many playbooks may need it, and the system allows: each has a few files open
  /// during its pass, and a connection.
  static func raiseDescriptors(playbooks: Int) {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, rlim_t(64 + 12 * max(0, playbooks)))
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    _ = unsafe setrlimit(resource, &limit)
  }

  static let environment: [String: String] = {
    var pairs: [String: String] = [:]
    var at = unsafe environ
    while let entry = unsafe at.pointee {
      let text = unsafe String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        pairs[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      unsafe at += 1
    }
    return pairs
  }()
}
