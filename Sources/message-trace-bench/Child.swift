// A program that runs beside a measurement.

internal import Glibc

/// Started with its output thrown away, but for what `output` names.
struct Child {
  private let process: pid_t

  init?(_ command: [String], output: String = "/dev/null") {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
    unsafe words.append(nil)
    defer { for index in command.indices { unsafe free(words[index]) } }
    var process: pid_t = 0
    guard unsafe posix_spawnp(&process, command[0], &actions, nil, words, environ) == 0 else { return nil }
    self.process = process
  }

  /// True if it ends by itself with 0.
  func succeeds() -> Bool {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return false } }
    return status == 0
  }

  var id: pid_t { process }

  /// Waits for its end; nil if it could not be waited for.
  func cost() -> (exit: Int32, processor: Double, peakMiB: Int)? {
    var status: Int32 = 0
    var usage = rusage()
    while unsafe wait4(process, &status, 0, &usage) != process { guard errno == EINTR else { return nil } }
    return (status & 0x7F == 0 ? status >> 8 & 0xFF : 128, Self.seconds(usage), usage.ru_maxrss / 1_024)
  }

  /// User and system.
  private static func seconds(_ usage: rusage) -> Double {
    [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }

  /// Kills it; the processor seconds that it took.
  @discardableResult
  func end() -> Double {
    kill(process, SIGKILL)
    var usage = rusage()
    guard unsafe wait4(process, nil, 0, &usage) == process else { return 0 }
    return Self.seconds(usage)
  }
}
