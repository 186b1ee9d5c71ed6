// What the simulated receivers have taken: the oracle of deliveries.

internal import IntakeCore
internal import Synchronization

/// A service that takes events.
package enum ReceivingService: String, CaseIterable, Sendable {
  case elastic, splunk, sekoia, sentinel, https
}

/// What one service has taken so far.
package struct Receipt: Sendable {
  /// Events as stored, one a line; empty where they are only counted.
  package internal(set) var events: [UInt8] = []
  package internal(set) var count = 0
  /// Events that were offered again under an id that was there already.
  package internal(set) var conflicts = 0
  package internal(set) var refused = 0
  /// Events by index, source type or stream.
  package internal(set) var places: [String: Int] = [:]
  /// By place and id, where the service knows ids.
  var ids: [String: Set<Identity>] = [:]
}

/// Everything taken, by service.
final class ReceivedEvents: Sendable {
  /// False: events are only counted, for runs of millions.
  private let keepsEvents: Bool
  private let receipts = Mutex<[ReceivingService: Receipt]>([:])

  init(keepsEvents: Bool) { self.keepsEvents = keepsEvents }

  func receipt(_ service: ReceivingService) -> Receipt { receipts.withLock { $0[service] ?? Receipt() } }

  /// Takes what one request brought, in one step.
  func update<Value>(_ service: ReceivingService, _ body: (inout Receipt) -> Value) -> Value {
    receipts.withLock { receipts in
      var receipt = receipts.removeValue(forKey: service) ?? Receipt()
      defer { receipts[service] = receipt }
      return body(&receipt)
    }
  }

  func store(_ event: some Collection<UInt8>, at place: String, in receipt: inout Receipt) {
    receipt.count += 1
    receipt.places[place, default: 0] += 1
    guard keepsEvents else { return }
    receipt.events.append(contentsOf: event)
    receipt.events.append(0x0A)
  }
}

/// The 128 bits that stand for an id: those that it spells, else a hash.
enum DocumentIdentity {
  static func of(_ span: RawSpan, _ range: Range<Int>) -> Identity {
    var words: (UInt64, UInt64) = (0, 0)
    if range.count == 32 {
      for offset in 0..<32 {
        guard let digit = JSONText.hexDigit(span.byte(range.lowerBound + offset)) else { return hash(span, range) }
        if offset < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
      }
      return Identity(high: words.0, low: words.1)
    }
    return hash(span, range)
  }

  private static func hash(_ span: RawSpan, _ range: Range<Int>) -> Identity {
    var hash = SHA256()
    for index in range { hash.update(span.byte(index)) }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }
}
