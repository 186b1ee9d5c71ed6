// `verify`: check the claim on your own files: every line whole, no event twice.

internal import Glibc
internal import IntakeCore

struct VerifyCommand {
  let job: Job

  func run() throws(Failure) -> ExitCode {
    guard !job.invocation.operands.isEmpty else {
      throw Invocation.usage("verify needs at least one file.", help: "message-trace help verify")
    }
    var count = LineCount()
    for path in job.invocation.operands {
      try LineReader.read(path, purpose: "output file") { line in count.take(line) }
    }
    try job.terminal.output(count.text)
    return count.invalid == 0 && count.repeated == 0 ? .done : .badData
  }
}

/// What `verify` counts.
private struct LineCount {
  var lines = 0
  var invalid = 0
  var withoutID = 0
  var repeated = 0
  private var seen: Set<[UInt8]> = []

  mutating func take(_ line: [UInt8]) {
    lines += 1
    guard line.last == 0x0A, let document = try? JSONValue(parsing: line), document.members != nil else {
      invalid += 1
      return
    }
    guard let id = document["event.id"]?.string else {
      withoutID += 1
      return
    }
    if !seen.insert(Array(id.utf8)).inserted { repeated += 1 }
  }

  var text: String {
    """
    lines               \(lines)
    invalid lines       \(invalid)
    without event.id    \(withoutID)
    repeated event ids  \(repeated)

    """
  }
}
