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
