// The built binary as a person runs it: stderr is a terminal, and what it draws there is kept.

internal import Glibc
internal import IntakeCore

/// One run whose stderr is a pseudo-terminal. Source: pty(7), ioctl_tty(2).
final class PseudoTerminalRun {
  private let process: pid_t
  private let master: Int32

  /// nil where the system gives no terminal.
  init?(_ arguments: [String], environment: [String: String]) {
    let master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0, let name = Self.unlocked(master) else { return nil }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, name, O_WRONLY | O_NOCTTY, 0)
    let inherited = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" }
    }
    let words = CStrings([Program.path] + arguments)
    let variables = CStrings(inherited + environment.map { "\($0.key)=\($0.value)" })
    var process: pid_t = 0
    guard unsafe posix_spawn(&process, Program.path, &actions, nil, words.pointers, variables.pointers) == 0 else {
      close(master)
      return nil
    }
    self.process = process
    self.master = master
  }

  deinit { close(master) }

  func signal(_ number: Int32) { kill(process, number) }

  /// Reads what is drawn, until `isEnough` of it or to the end, and sends a signal then if one is given.
  /// - Returns: the exit status and all that was drawn.
  func watch(
    until isEnough: (String) -> Bool = { _ in false }, signal number: Int32 = 0
  ) -> (status: Int32, drawn: String) {
    var bytes: [UInt8] = []
    var isSent = false
    while let some = next() {
      bytes += some
      guard !isSent, isEnough(String(decoding: bytes, as: UTF8.self)) else { continue }
      isSent = true
      signal(number)
    }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return (code, String(decoding: bytes, as: UTF8.self))
  }

  /// The name of the other side, which may be opened from now on.
  private static func unlocked(_ master: Int32) -> String? {
    let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)  // TIOCSPTLCK, TIOCGPTN
    var zero: Int32 = 0
    var terminal: UInt32 = 0
    guard unsafe ioctl(master, unlock, &zero) == 0, unsafe ioctl(master, number, &terminal) == 0 else { return nil }
    return "/dev/pts/\(terminal)"
  }

  /// nil once nobody holds the other side any more.
  private func next() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = unsafe read(master, &buffer, buffer.count)
      if count > 0 { return Array(buffer[..<count]) }
      guard count < 0, errno == EINTR else { return nil }
    }
  }
}
