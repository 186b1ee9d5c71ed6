// What a process inherits and must not trust: signals that kill, closed descriptors, a loose umask, core dumps.

internal import Glibc
internal import IntakeCore

enum ProcessDefaults {
  /// Called first. Descriptors 0 to 2 are made sure of, so that no file of ours ever lands on them.
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
  }

  /// The fewest descriptors that a run can do with: state, output, connections, and what the runtime keeps to itself,
  /// which ends the process when it is refused one.
  private static let fewestDescriptors: rlim_t = 64

  /// Raises the limit as far as it may be raised.
  /// - Throws: `os.emfile` (71) where that is not enough.
  static func checkLimits() throws(Failure) {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < fewestDescriptors else { return }
    limit.rlim_cur = min(limit.rlim_max, fewestDescriptors)
    let isRaised = unsafe setrlimit(resource, &limit) == 0
    guard !isRaised || limit.rlim_cur < fewestDescriptors else { return }
    throw Failure(
      "os.emfile", exit: .system, "Starting: this process may open only \(limit.rlim_max) files at a time.",
      hint: "Raise the limit to \(fewestDescriptors) or more (ulimit -n, LimitNOFILE=).")
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
