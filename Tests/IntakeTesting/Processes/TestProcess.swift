// A process that a test has started, and what came of it.

package import Glibc
internal import IntakeCore
internal import Synchronization

/// A running program; killed when the last reference to it goes. Only one thread waits for it.
package final class TestProcess: Sendable {
  package let id: pid_t
  /// Holds the two output streams of a captured run.
  private let capture: ScratchFolder?
  private let status = Mutex<Int32?>(nil)

  init(id: pid_t, capture: ScratchFolder? = nil) {
    self.id = id
    self.capture = capture
  }

  deinit { stop(SIGKILL) }

  /// The exit status, or 128 plus the number of the signal that ended it; nil while it runs.
  package func ended() -> Int32? { reap(WNOHANG) }

  /// Waits for the end; its status as in `ended`. A process that hangs is killed and gives 999.
  @discardableResult
  package func wait() -> Int32 {
    if Waiting.until(every: 2_000, { ended() != nil }), let status = ended() { return status }
    stop(SIGKILL)
    return 999
  }

  /// Sends a signal; nothing if it has been waited for.
  package func signal(_ number: Int32) {
    status.withLock { status in
      if status == nil { _ = kill(id, number) }
    }
  }

  /// Sends a signal and waits for the end.
  @discardableResult
  package func stop(_ number: Int32 = SIGTERM) -> Int32 {
    signal(number)
    return reap(0) ?? 999
  }

  private func reap(_ options: Int32) -> Int32? {
    status.withLock { status in
      if let status { return status }
      var raw: Int32 = 0
      var result: pid_t = 0
      repeat { result = unsafe waitpid(id, &raw, options) } while result < 0 && errno == EINTR
      guard result == id else { return nil }
      status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + (raw & 0x7F)
      return status
    }
  }
}

/// What a captured run wrote, and its exit status.
package struct ProcessResult: Sendable {
  package var status: Int32
  package var output: [UInt8]
  package var errors: String

  /// The lines of the output.
  package var lines: [String] { String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init) }

  /// The `event.id` of every line of the output.
  package var ids: [String] {
    lines.compactMap { line in (try? JSONValue(parsing: Array(line.utf8)))?["event.id"]?.string }
  }
}

extension TestProcess {
  /// What a captured run has written to stderr so far.
  package var errorsSoFar: String { (try? capture?.text("errors")) ?? "" }

  /// Waits for the end of a captured run.
  package func finish() -> ProcessResult {
    let status = wait()
    return ProcessResult(status: status, output: (try? capture?.bytes("output")) ?? [], errors: errorsSoFar)
  }

  /// As `finish`, without a thread that waits.
  package func finished() async -> ProcessResult {
    while ended() == nil {
      do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
    }
    return finish()
  }
}
