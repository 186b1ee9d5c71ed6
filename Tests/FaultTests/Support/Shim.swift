// The preloaded library that counts the program's file calls and strikes at one of them.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting

/// One setting of `Shim/faultshim.c`; only calls on files inside the test's own folder are counted.
struct Shim {
  enum Mode: String {
    case none, short, eintr, errno
    case killBefore = "kill-before"
    case killAfter = "kill-after"
    case halfThenKill = "half-then-kill"
  }

  var mode = Mode.none
  /// From 1; 0 for every call.
  var at = 0
  var number = EIO
  /// Strike at every call from `at` on.
  var onward = false
  /// Names of the calls that count; empty for all.
  var calls: [String] = []
  /// Part of the paths that count; the test's folder if empty.
  var path = ""
  var log: String?
  /// Names in `.invalid` are never resolved.
  var hangsResolver = false

  func environment(folder: String) -> [String: String] {
    var variables = [
      "LD_PRELOAD": Self.library, "FAULT_MODE": mode.rawValue, "FAULT_AT": "\(at)", "FAULT_ERRNO": "\(number)",
      "FAULT_ONWARD": onward ? "1" : "0", "FAULT_PATH": path.isEmpty ? folder : path,
      "FAULT_CALLS": calls.joined(separator: ","),
    ]
    variables["FAULT_LOG"] = log
    if hangsResolver { variables["FAULT_RESOLVER"] = "hang" }
    return variables
  }

  static let library = compiled("faultshim")
  /// Lets the program's clock of day run faster: `Shim/clockshim.c`.
  static let clock = compiled("clockshim")

  /// Compiled once a test run, by whatever C compiler there is.
  private static func compiled(_ name: String) -> String {
    let here = "\(#filePath)"
    let source = "\(here[..<(here.lastIndex(of: "/") ?? here.endIndex)])/Shim/\(name).c"
    let target = "\(folder?.path ?? "/tmp")/\(name).so"
    for compiler in ["clang", "cc", "gcc"] {
      if (try? TestProgram([compiler, "-shared", "-fPIC", "-O1", "-o", target, source]).run()) == 0 { return target }
    }
    preconditionFailure("no C compiler could build \(source)")
  }

  /// Goes when the process ends: `atexit` removes what a static keeps.
  private static let folder: ScratchFolder? = {
    atexit { _ = try? TestProgram(["rm", "-rf", Shim.folder?.path ?? "/nonexistent"]).run() }
    return try? ScratchFolder()
  }()
}
