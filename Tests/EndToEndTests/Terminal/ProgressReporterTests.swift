// Progress reports of a backfill, with the time as an argument.

internal import Configuration
import IntakeCore
internal import IntakeTesting
import Synchronization
import Testing
internal import Trigger

@testable internal import message_trace
@testable import message_trace

@Suite("ProgressReporter", .ownThreads)
struct ProgressReporterTests {
  private static let now = Instant(seconds: 1_790_000_000)

  private static func progress(_ share: Int, rows: Int) -> BackfillProgress {
    let span = Window(start: now - .seconds(100 * 3_600), end: now)
    var progress = BackfillProgress(span: span, order: .newest, updated: now)
    progress.done = .seconds(share * 3_600)
    progress.tally.rows = rows
    return progress
  }

  private func tell(isInteractive: Bool, _ steps: [(seconds: Int, share: Int)]) -> (lines: [String], drawn: [String]) {
    let lines = Lines()
    let drawn = Lines()
    let log = Log(now: { Self.now }, write: { lines.add($0) })
    let reporter = ProgressReporter(
      Self.progress(10, rows: 100), isInteractive: isInteractive, log: log, now: Self.now, write: { drawn.add($0) })
    for step in steps {
      reporter.report(Self.progress(step.share, rows: 100 + step.share * 20), now: Self.now + .seconds(step.seconds))
    }
    return (lines.texts, drawn.texts)
  }

  @Test("without a terminal one line per minute is logged, whatever the number of slices")
  func lines() {
    let steps = (1...180).map { (seconds: $0, share: 10 + $0 / 4) }
    let (lines, drawn) = tell(isInteractive: false, steps)
    #expect(drawn.isEmpty && lines.count == 1 + 3)
    #expect(lines[0].contains("backfill.resume") && lines[0].contains("done=10%"))
    // A quarter of the span in a minute: 15 of 90 hours left to read, 6 minutes on the whole.
    #expect(lines[1].contains("done=25%") && lines[1].contains("left=5m"), "\(lines[1])")
    #expect(lines[1].contains("rows_per_second=8"), "\(lines[1])")
  }

  @Test("on a terminal each slice redraws the bar in one line of at most 80 columns")
  func bar() {
    let (lines, drawn) = tell(isInteractive: true, [(30, 40), (60, 70), (90, 100)])
    #expect(lines.count == 1 && drawn.count == 3)
    for text in drawn { #expect(text.hasPrefix("\r[") && text.hasSuffix("\u{1B}[K") && text.count <= 84) }
    #expect(drawn[0].contains("[#########---------------] 40%") && drawn[0].contains("1m left"), "\(drawn[0])")
    #expect(drawn[2].contains("[########################] 100%") && drawn[2].contains("0s left"), "\(drawn[2])")
  }
}

/// The written lines.
private final class Lines: Sendable {
  private let held = Mutex<[String]>([])
  var texts: [String] { held.withLock { $0 } }
  func add(_ bytes: [UInt8]) { held.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }
}
