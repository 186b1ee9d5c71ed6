// Runs and times other programs as child processes.

internal import Glibc

enum Program {
  /// Seconds of the fastest run with its output thrown away; nil if the program is not there or fails.
  static func time(_ command: [String], runs: Int) -> Double? {
    var best: Double?
    for _ in 0..<max(1, runs) {
      let clock = ContinuousClock()
      let start = clock.now
      guard run(command, output: "/dev/null") else { return nil }
      let seconds = (clock.now - start) / .seconds(1)
      best = min(best ?? seconds, seconds)
    }
    return best
  }

  /// True if it ended with 0; its standard output is in the file by then.
  static func run(_ command: [String], output: String) -> Bool {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
    unsafe words.append(nil)
    defer { for index in command.indices { unsafe free(words[index]) } }
    var process: pid_t = 0
    guard unsafe posix_spawnp(&process, command[0], &actions, nil, words, environ) == 0 else { return false }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return false } }
    return status == 0
  }

  static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = unsafe open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  static func remove(_ folder: String) { _ = run(["rm", "-rf", folder], output: "/dev/null") }
}
