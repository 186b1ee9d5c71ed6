// Programs that tests run: our own binaries and those of the system, without a shell.

internal import Glibc
package import IntakeCore

/// A program about to run. What is not set is `/dev/null` and the environment of this process.
package struct TestProgram: Sendable {
  /// One of the standard streams of a program.
  package enum Stream: Sendable {
    case null
    case closed
    /// Input is read from this file, output appended to it; it is made if there is none.
    case path(String)
    /// A descriptor of this process, which stays open here.
    case descriptor(Int32)
  }

  /// Path or name on `PATH`, then the arguments.
  package var words: [String]
  /// Exactly these variables, `PATH` and `LD_LIBRARY_PATH`; nil to inherit all.
  package var environment: [String: String]?
  /// The working directory; nil for that of this process.
  package var folder: String?
  package var input = Stream.null
  package var output = Stream.null
  package var errors = Stream.null

  package init(_ words: [String], environment: [String: String]? = nil) {
    self.words = words
    self.environment = environment
  }

  /// The path of a product of this package: it is beside the test bundle.
  package static func product(_ name: String) -> String {
    let bundle = unsafe realpath(CommandLine.arguments[0], nil).map { unsafe String(cString: $0) } ?? ""
    for argument in CommandLine.arguments + [bundle] {
      guard let slash = argument.lastIndex(of: "/") else { continue }
      let candidate = "\(argument[..<slash])/\(name)"
      if unsafe access(candidate, X_OK) == 0 { return candidate }
    }
    return ".build/debug/\(name)"
  }

  /// Starts it and returns at once.
  package func start() throws(FileFault) -> TestProcess { TestProcess(id: try spawn()) }

  /// Runs it to its end; the exit status.
  package func run() throws(FileFault) -> Int32 { try start().wait() }

  /// Starts it with both output streams kept for `TestProcess.finish`.
  package func startCapturing() throws -> TestProcess {
    let capture = try ScratchFolder()
    var copy = self
    copy.output = .path(capture("output"))
    copy.errors = .path(capture("errors"))
    return TestProcess(id: try copy.spawn(), capture: capture)
  }

  /// Runs it to its end; what it wrote and its exit status.
  package func capture() throws -> ProcessResult { try startCapturing().finish() }
}

extension TestProgram {
  private func spawn() throws(FileFault) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in zip(Int32(0)..., [input, output, errors]) { unsafe Self.add(stream, number, &actions) }
    // The threads of Dispatch block signals, and a child inherits that.
    var attributes = posix_spawnattr_t()
    var none = sigset_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = (folder.map { ["env", "-C", $0] } ?? []) + words
    let arguments = CStrings(words)
    let variables = CStrings(Self.variables(environment))
    var process: pid_t = 0
    let result = unsafe posix_spawnp(
      &process, words[0], &actions, &attributes, arguments.pointers, variables.pointers)
    guard result == 0 else { throw FileFault(.open, words[0], result) }
    return process
  }

  private static func add(_ stream: Stream, _ number: Int32, _ actions: inout posix_spawn_file_actions_t) {
    // Opened both ways, a named pipe as input neither blocks nor ends.
    let flags = number == 0 ? O_RDWR : O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY
    switch stream {
    case .null: unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
    case .closed: unsafe posix_spawn_file_actions_addclose(&actions, number)
    case .path(let path): unsafe posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o600)
    case .descriptor(let own): unsafe posix_spawn_file_actions_adddup2(&actions, own, number)
    }
  }

  private static func variables(_ environment: [String: String]?) -> [String] {
    guard let environment else {
      var inherited: [String] = []
      var next = unsafe environ
      while let variable = unsafe next.pointee {
        inherited.append(unsafe String(cString: variable))
        unsafe next += 1
      }
      return inherited
    }
    let inherited = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
      guard environment[name] == nil else { return nil }
      return unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" }
    }
    return inherited + environment.map { "\($0.key)=\($0.value)" }
  }
}

/// A null-terminated list of C strings, freed with its owner.
@safe private final class CStrings {
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
