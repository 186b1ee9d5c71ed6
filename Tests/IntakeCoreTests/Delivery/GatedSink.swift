// A sink whose destination stands still until it is let go.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting

/// Blocks its thread in each delivery until `isOpen` holds, as a receiver does that does not read.
final class GatedSink: Sink {
  let name: String
  let lines = Locked<[String]>([])
  /// Deliveries that were begun.
  let begun = Locked(0)
  private let isOpen: @Sendable () -> Bool

  /// Microseconds of every delivery.
  private let pause: UInt32

  init(_ name: String, pause: UInt32 = 0, isOpen: @escaping @Sendable () -> Bool = { false }) {
    self.name = name
    self.pause = pause
    self.isOpen = isOpen
  }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition { position ?? SinkPosition(sequence: 0) }

  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    begun.update { $0 += 1 }
    if pause > 0 { usleep(pause) }
    let hasOpened = Waiting.until(every: 5_000) { isOpen() || Task.isCancelled }
    guard !Task.isCancelled || isOpen() else { throw .stopped }
    guard hasOpened else { throw Failure("test.waited", exit: .bug, "Something waited for this sink.") }
    let text = String(decoding: entry.bytes, as: UTF8.self)
    lines.update { $0 += text.split(separator: "\n").map(String.init) }
    return SinkPosition(sequence: entry.sequence)
  }

  func close() async {}
}
