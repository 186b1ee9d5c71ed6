// Status and outcome from an event's text: only for entries that were made without them, such as those of a journal that
// an earlier version of the program wrote.

extension Batch.Entry {
  /// - Parameter line: the event, a flat JSON object, with or without LF.
  package mutating func readStatus(of line: RawSpan) {
    var status = 0..<0
    var outcome = Batch.Outcome.unknown
    var index = 0
    try? line.forEachMember(&index) { key, index throws(JSONFault) in
      let value = index
      try line.skipLoosely(&index)
      if line.matches(key.lowerBound, "event.action\""), line.byte(value) == .quote {
        status = (value + 1)..<(index - 1)
      } else if line.matches(key.lowerBound, "event.outcome\"") {
        outcome = Batch.Outcome(line, at: value)
      }
    }
    setStatus(status, outcome)
  }
}
