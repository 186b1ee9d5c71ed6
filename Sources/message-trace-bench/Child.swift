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

  /// Kills it; the processor seconds that it took.
  @discardableResult
  func end() -> Double {
    kill(process, SIGKILL)
    var usage = rusage()
    guard unsafe wait4(process, nil, 0, &usage) == process else { return 0 }
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }
}
