// The built binary, run as a user runs it: arguments and environment in, exit status and both streams out.

internal import IntakeTesting

enum Program {
  static let path = TestProgram.product("message-trace")

  /// Runs to the end with exactly this environment, PATH and LD_LIBRARY_PATH.
  static func run(_ arguments: [String], environment: [String: String] = [:]) -> ProcessResult {
    start(arguments, environment: environment).finish()
  }

  static func start(_ arguments: [String], environment: [String: String] = [:]) -> TestProcess {
    do {
      return try TestProgram([path] + arguments, environment: environment).startCapturing()
    } catch {
      preconditionFailure("cannot start \(path): \(error)")
    }
  }
}
