// The built binary as a person runs it: stderr is a terminal, and what is drawn there is kept.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting

/// One run whose stderr is a pseudo-terminal. Source: pty(7), ioctl_tty(2).
final class PseudoTerminalRun {
  private let process: TestProcess
  private let master: Int32

  /// nil if the system has no pseudo-terminal.
  /// - Parameter showsOutput: true if stdout is that terminal as well.
  init?(_ arguments: [String], environment: [String: String], showsOutput: Bool = false) {
    let master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0, let name = Self.unlocked(master) else { return nil }
    var program = TestProgram([Program.path] + arguments, environment: environment)
    program.errors = .path(name)
    if showsOutput { program.output = .path(name) }
    guard let process = try? program.start() else {
      close(master)
      return nil
    }
    self.process = process
    self.master = master
  }

  deinit { close(master) }

  /// Reads what is drawn, and sends a signal as soon as `isEnough` holds for it.
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
      process.signal(number)
    }
    return (process.wait(), String(decoding: bytes, as: UTF8.self))
  }

  /// The name of the terminal side, unlocked for opening.
  private static func unlocked(_ master: Int32) -> String? {
    let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)  // TIOCSPTLCK, TIOCGPTN
    var zero: Int32 = 0
    var terminal: UInt32 = 0
    guard unsafe ioctl(master, unlock, &zero) == 0, unsafe ioctl(master, number, &terminal) == 0 else { return nil }
    return "/dev/pts/\(terminal)"
  }

  /// nil once the terminal side is closed.
  private func next() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = unsafe read(master, &buffer, buffer.count)
      if count > 0 { return Array(buffer[..<count]) }
      guard count < 0, errno == EINTR else { return nil }
    }
  }
}
