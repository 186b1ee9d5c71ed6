// Durations in sentences.

extension Duration {
  /// Saturating; rounded down.
  package var wholeMilliseconds: Int { Int(clamping: ticks / 10_000) }

  /// `10 s` or `1.5 s`, for sentences.
  package var exactly: String {
    let milliseconds = wholeMilliseconds
    return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(Double(milliseconds) / 1_000) s"
  }
}
