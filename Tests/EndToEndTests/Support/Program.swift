// The built binary, run as a user runs it: arguments and environment in, exit status and both streams out.

internal import Glibc
internal import IntakeCore

/// One finished run.
struct Outcome {
  var status: Int32
  var output: [UInt8]
  var errors: String

  var lines: [String] { String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init) }

  /// The `event.id` of every line of output.
  var ids: [String] {
    lines.compactMap { line in (try? JSONValue(parsing: Array(line.utf8)))?["event.id"]?.string }
  }
}

/// A run under way.
struct Running {
  let process: pid_t
  fileprivate let outputPath: String
  fileprivate let errorPath: String

  func signal(_ number: Int32) { kill(process, number) }

  /// What it has said until now.
  var errorsSoFar: String {
    String(decoding: (try? FileBytes.read(errorPath, purpose: "errors")) ?? [], as: UTF8.self)
  }

  /// True once the process has exited; `wait` still collects it.
  var hasEnded: Bool {
    var info = unsafe siginfo_t()
    return unsafe waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
  }

  /// As `wait`, for those that take long to end: no thread waits with it.
  func ended() async -> Outcome {
    while !hasEnded {
      do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
    }
    return wait()
  }

  /// Waits for the end and gives what was written.
  func wait() -> Outcome {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    defer {
      unsafe unlink(outputPath)
      unsafe unlink(errorPath)
    }
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return Outcome(
      status: code, output: (try? FileBytes.read(outputPath, purpose: "output", limit: 1 << 30)) ?? [],
      errors: String(decoding: (try? FileBytes.read(errorPath, purpose: "errors", limit: 1 << 30)) ?? [], as: UTF8.self)
    )
  }
}

enum Program {
  /// Beside the test bundle, where the build puts every product.
  static let path = beside("message-trace")

  static func beside(_ name: String) -> String {
    let bundle = unsafe realpath(CommandLine.arguments[0], nil).map { unsafe String(cString: $0) } ?? ""
    for argument in CommandLine.arguments + [bundle] {
      guard let slash = argument.lastIndex(of: "/") else { continue }
      let candidate = "\(argument[..<slash])/\(name)"
      if unsafe access(candidate, X_OK) == 0 { return candidate }
    }
    return ".build/debug/\(name)"
  }

  /// Runs to the end with an environment of exactly these variables (and PATH).
  /// - Parameter program: another product of this package.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], program: String = "message-trace"
  ) -> Outcome {
    start(arguments, environment: environment, program: program).wait()
  }

  static func start(
    _ arguments: [String], environment: [String: String] = [:], program: String = "message-trace"
  ) -> Running {
    let path = program == "message-trace" ? path : beside(program)
    let stem = TemporaryFolder.uniquePath("run")
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "\(stem).out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "\(stem).err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let inherited = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" }
    }
    let words = CStrings([path] + arguments)
    let variables = CStrings(inherited + environment.map { "\($0.key)=\($0.value)" })
    var process: pid_t = 0
    let result = unsafe posix_spawn(&process, path, &actions, nil, words.pointers, variables.pointers)
    precondition(result == 0, "cannot start \(path): \(FileBytes.describe(result))")
    return Running(process: process, outputPath: "\(stem).out", errorPath: "\(stem).err")
  }
}

/// Folders that a test makes and that go with it.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() {
    path = Self.uniquePath("test")
    unsafe mkdir(path, 0o700)
  }

  deinit { Self.remove(path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String, mode: mode_t = 0o600) -> String {
    let file = file(name)
    let descriptor = unsafe open(file, O_CREAT | O_WRONLY | O_TRUNC, mode)
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
    return file
  }

  static func uniquePath(_ kind: String) -> String {
    "/tmp/message-trace-\(kind)-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
  }

  private static func remove(_ path: String) {
    let words = CStrings(["rm", "-rf", path])
    var process: pid_t = 0
    guard unsafe posix_spawnp(&process, "rm", nil, nil, words.pointers, environ) == 0 else { return }
    waitpid(process, nil, 0)
  }
}

/// A null-terminated list of C strings, freed with its owner.
@safe final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ texts: [String]) {
    count = texts.count
    unsafe pointers = .allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() {
      unsafe (pointers + index).initialize(to: strdup(text))
    }
    unsafe (pointers + texts.count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { unsafe free(pointers[index]) }
    unsafe pointers.deallocate()
  }
}
