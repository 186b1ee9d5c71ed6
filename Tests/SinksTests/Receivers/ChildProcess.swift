// A real receiver beside the test: rsyslogd, openssl. Started without a shell, ended with the test.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

/// A running program; killed when it goes away.
final class ChildProcess: Sendable {
  private let pid: Mutex<pid_t>

  /// - Parameter output: file for its standard output; what it says of itself goes beside it.
  init(_ arguments: [String], output: String) throws {
    let input = output + ".in"
    guard unsafe mkfifo(input, 0o600) == 0 || errno == EEXIST else { throw FileFault(.open, input, errno) }
    pid = Mutex(try Self.spawn(arguments, output, input))
  }

  deinit { end(SIGKILL) }

  /// Ends it with a signal and waits; once.
  func end(_ signal: Int32 = SIGTERM) {
    let pid = pid.withLock { pid in
      defer { pid = 0 }
      return pid
    }
    guard pid > 0 else { return }
    kill(pid, signal)
    _ = waitpid(pid, nil, 0)
  }

  /// Runs a program to its end; its exit status.
  static func run(_ arguments: [String], output: String = "/dev/null") throws -> Int32 {
    var status: Int32 = 0
    let pid = try spawn(arguments, output, "/dev/null")
    guard unsafe waitpid(pid, &status, 0) == pid else { throw FileFault(.open, arguments[0], errno) }
    return status >> 8 & 0xFF
  }

  /// A pipe as input is opened for both ways, so that it never ends.
  private static func spawn(_ arguments: [String], _ output: String, _ input: String) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
    let errors = output == "/dev/null" ? output : output + ".log"
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDWR, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // The threads of Dispatch block signals, and a child inherits that.
    var attributes = posix_spawnattr_t()
    var none = sigset_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { while let word = unsafe words.popLast() { unsafe free(word) } }
    var pid: pid_t = 0
    let result = unsafe posix_spawnp(&pid, arguments[0], &actions, &attributes, &words, environ)
    guard result == 0 else { throw FileFault(.open, arguments[0], result) }
    return pid
  }
}
