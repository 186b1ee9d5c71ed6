// The built binary as a process of its own: with any descriptors, limits and preloads, killed at any moment.

internal import Glibc
internal import IntakeCore

/// What a descriptor of the child is.
enum Stream {
  case null
  case closed
  case path(String)
  /// A descriptor of this process, which stays open here.
  case descriptor(Int32)
}

/// One child process; wait for it once.
struct Child {
  let process: pid_t

  /// The exit status, or 128 and the number of the signal that ended it; nil while it runs.
  func ended() -> Int32? {
    var status: Int32 = 0
    guard unsafe waitpid(process, &status, WNOHANG) == process else { return nil }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }

  /// Waits for the end. A child that hangs for two minutes is killed and told as 999.
  func wait() -> Int32 {
    for _ in 0..<60_000 {
      if let status = ended() { return status }
      usleep(2_000)
    }
    _ = stop(SIGKILL)
    return 999
  }

  /// Sends a signal and waits for the end.
  func stop(_ number: Int32) -> Int32 {
    kill(process, number)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }
}

/// A program about to run.
struct Launch {
  var arguments: [String]
  var environment: [String: String] = [:]
  var input = Stream.null
  var output = Stream.null
  var errors = Stream.null
  /// Put before the program, such as `prlimit --fsize=4096`.
  var wrapper: [String] = []

  /// Beside the test bundle, where the build puts every product.
  static let program: String = {
    let bundle = unsafe realpath(CommandLine.arguments[0], nil).map { unsafe String(cString: $0) } ?? ""
    for argument in CommandLine.arguments + [bundle] {
      guard let slash = argument.lastIndex(of: "/") else { continue }
      let candidate = "\(argument[..<slash])/message-trace"
      if unsafe access(candidate, X_OK) == 0 { return candidate }
    }
    return ".build/debug/message-trace"
  }()

  func start() -> Child { Self.spawn(wrapper + [Self.program] + arguments, environment, [input, output, errors]) }

  /// Runs any tool to its end.
  static func tool(_ words: [String]) -> Int32 { spawn(words, [:], [.null, .null, .null]).wait() }

  private static func spawn(_ words: [String], _ environment: [String: String], _ streams: [Stream]) -> Child {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
      let number = Int32(number)
      let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
      switch stream {
      case .null: unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
      case .closed: unsafe posix_spawn_file_actions_addclose(&actions, number)
      case .path(let path): unsafe posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o600)
      case .descriptor(let own): unsafe posix_spawn_file_actions_adddup2(&actions, own, number)
      }
    }
    let inherited = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" }
    }
    let strings = unsafe (words + inherited + environment.map { "\($0.key)=\($0.value)" }).map { unsafe strdup($0) }
    defer {
      for index in unsafe strings.indices { unsafe free(strings[index]) }
    }
    let arguments = unsafe Array(strings[..<words.count]) + [nil]
    let variables = unsafe Array(strings[words.count...]) + [nil]
    var process: pid_t = 0
    let result = unsafe posix_spawnp(&process, words[0], &actions, nil, arguments, variables)
    precondition(result == 0, "cannot start \(words[0]): \(FileBytes.describe(result))")
    return Child(process: process)
  }
}
