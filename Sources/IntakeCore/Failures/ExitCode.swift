// The exit codes of every command.

/// Exit codes after sysexits.h; the table with their readings stands in `message-trace help exit-codes`.
package enum ExitCode: Int32, Sendable {
  case done = 0
  case usage = 64
  case badData = 65
  case noInput = 66
  case unavailable = 69
  case bug = 70
  case system = 71
  case cannotCreate = 73
  case ioError = 74
  case tryLater = 75
  case protocolBroken = 76
  case denied = 77
  case configuration = 78
}
