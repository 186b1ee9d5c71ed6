// How long a pipeline waits for its sinks.

/// How long the reading of pages, and the end of a pass, wait for sinks. In real time.
package struct DeliveryLimits: Sendable, Equatable {
  /// How long one batch may take before its sink counts as slow: reading goes on without a slow sink until it has
  /// caught up. nil: reading waits for every sink.
  package var prompt: Duration?
  /// How long a sink that is behind at the end of a pass may take no byte before it is given up for this pass. nil:
  /// without limit.
  package var stall: Duration?
  /// How long after the end of a pass a sink that is behind may begin further batches, however steadily it takes them:
  /// the next pass, and with it the other sinks, would wait for it. nil: until it has caught up.
  package var linger: Duration?

  package init(prompt: Duration?, stall: Duration?, linger: Duration? = nil) {
    self.prompt = prompt
    self.stall = stall
    self.linger = linger
  }

  /// For several sinks: none waits for another.
  package static let sideBySide = DeliveryLimits(prompt: .seconds(2), stall: .seconds(30))

  /// The same for passes that begin so often: a sink that is behind goes on until the next one is due. A backfill, which has
  /// no next pass, waits for its sinks instead of filling the journal.
  package static func sideBySide(every: Duration) -> DeliveryLimits {
    var limits = sideBySide
    limits.linger = max(every, .seconds(30))
    return limits
  }

  /// For one sink alone: fetching follows it.
  package static let alone = DeliveryLimits(prompt: nil, stall: nil)
}
