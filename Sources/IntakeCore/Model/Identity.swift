// The identity of an event: rows with the same one are the same event.

/// The first 128 bits of SHA-256 over `tenant LF trace-id LF recipient LF status`: what `event.id` spells in hex.
package struct Identity: Hashable, Sendable {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 lower-case hex digits.
  package var hex: String { high.hex + low.hex }
}
