// The test oracle: compares events with the tenant's mail; each row must occur exactly once.

package import IntakeCore

/// What a collector must and may have delivered by some moment, against what it did deliver.
///
/// Every row that could be seen must be there with its status of that moment; earlier statuses of a row may be there.
package struct DeliveryOracle: Sendable {
  /// The outcome for one output. Perfect is 0 lost, 0 doubled, 0 unknown, 0 invalid.
  package struct Verdict: Sendable, Equatable {
    /// Lines read.
    package var events = 0
    /// Rows without an event, with their last status.
    package var lost = 0
    /// Events whose identity was there before.
    package var doubled = 0
    /// Events whose identity no row has or had.
    package var unknown = 0
    /// Lines that are no JSON object with an `event.id`.
    package var invalid = 0

    package var isPerfect: Bool { lost + doubled + unknown + invalid == 0 }
  }

  /// Identities that must be there.
  package private(set) var required: Set<Identity> = []
  /// Identities that may be there: the required ones, and those of earlier statuses.
  package private(set) var permitted: Set<Identity> = []

  /// - Parameters:
  ///   - instant: when the collector read last.
  ///   - received: only mail received in this window counts as required; nil for all.
  ///   - identityTenant: the tenant as the collector's settings name it; the tenant's name where nothing is given.
  package init(_ tenant: SimulatedTenant, at instant: Instant, received: Window? = nil, identityTenant: String? = nil) {
    let name = identityTenant ?? tenant.name
    var hash = SHA256()
    for number in 0..<tenant.messages where tenant.received(number) <= instant {
      for row in tenant.rows(of: number) {
        let seen = row.timeline.filter { $0.at <= instant }
        for change in seen {
          permitted.insert(Self.identity(name, row, change.status.rawValue, &hash))
        }
        guard let last = seen.last else { continue }
        if let received, row.message.received < received.start || row.message.received >= received.end { continue }
        required.insert(Self.identity(name, row, last.status.rawValue, &hash))
      }
    }
  }

  /// Judges NDJSON, one event a line.
  package func judge(_ ndjson: [UInt8]) -> Verdict {
    var verdict = Verdict()
    var seen: Set<Identity> = []
    let span = unsafe ndjson.span.bytes
    var start = 0
    while start < ndjson.count {
      var end = start
      while end < ndjson.count, ndjson[end] != 0x0A { end += 1 }
      take(Self.eventID(span, start..<end), into: &verdict, &seen)
      start = end + 1
    }
    verdict.lost = required.subtracting(seen).count
    return verdict
  }

  /// Judges events by their identities alone.
  package func judge(_ identities: some Sequence<Identity>) -> Verdict {
    var verdict = Verdict()
    var seen: Set<Identity> = []
    for identity in identities { take(identity, into: &verdict, &seen) }
    verdict.lost = required.subtracting(seen).count
    return verdict
  }

  private func take(_ identity: Identity?, into verdict: inout Verdict, _ seen: inout Set<Identity>) {
    verdict.events += 1
    guard let identity else {
      verdict.invalid += 1
      return
    }
    if !seen.insert(identity).inserted { verdict.doubled += 1 }
    if !permitted.contains(identity) { verdict.unknown += 1 }
  }

  /// The identity of a row with this canonical status.
  static func identity(_ tenant: String, _ row: SimulatedRow, _ status: String, _ hash: inout SHA256) -> Identity {
    hash.reset()
    for part in [tenant, row.message.traceID, row.recipient] {
      for byte in part.utf8 { hash.update((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) }
      hash.update(0x0A)
    }
    for byte in status.utf8 { hash.update(byte) }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }

  /// The `event.id` of one line; nil if it is not an object whose own member that is.
  private static func eventID(_ span: RawSpan, _ line: Range<Int>) -> Identity? {
    var index = line.lowerBound
    var found: Identity?
    do throws(JSONFault) {
      try span.forEachMember(&index) { key, index throws(JSONFault) in
        if span.matches(key.lowerBound, "event.id\"") { found = identity(span, index + 1) }
        try span.skipValue(&index, depth: 1)
      }
      guard index == line.upperBound else { return nil }
    } catch {
      return nil
    }
    return found
  }

  /// 32 lower-case hex digits and a closing quote.
  private static func identity(_ span: RawSpan, _ start: Int) -> Identity? {
    var words: [UInt64] = [0, 0]
    for offset in 0..<32 {
      let byte = span.byte(start + offset)
      guard let digit = JSONText.hexDigit(byte), !(0x41...0x46).contains(byte) else { return nil }
      words[offset / 16] = words[offset / 16] << 4 | UInt64(digit)
    }
    return span.byte(start + 32) == 0x22 ? Identity(high: words[0], low: words[1]) : nil
  }
}
