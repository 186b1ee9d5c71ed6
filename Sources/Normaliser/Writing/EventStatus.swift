// Status and outcome of the event just written, for `Batch.Entry`: no later stage searches the text for them.

internal import IntakeCore

extension EventWriter {
  /// The value before, or the constant that ends what was written before, counted from `start`.
  func lastValue(_ step: Step, from start: Int, end: Int) -> Range<Int> {
    guard step.text.isEmpty else { return (end - 1 - start - step.text.length)..<(end - 1 - start) }
    return lastStart < lastEnd ? (lastStart - start)..<(lastEnd - start) : 0..<0
  }

  /// - Parameter start: where the event's line begins in `line`.
  func note(in entry: inout Batch.Entry, _ line: borrowing LineWriter, from start: Int) {
    let (isText, result) = line.read { bytes in
      (
        status.count > 2 && bytes.byte(start + status.lowerBound) == .quote,
        outcome.isEmpty ? .unknown : Batch.Outcome(bytes, at: start + outcome.lowerBound)
      )
    }
    entry.setStatus(isText ? (status.lowerBound + 1)..<(status.upperBound - 1) : 0..<0, result)
  }
}

extension PoolSlice {
  fileprivate var length: Int { end - start }
}
