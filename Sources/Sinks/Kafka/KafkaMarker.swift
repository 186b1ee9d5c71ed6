// The record that says which batch a transaction held: written in the same transaction, read back when a sink connects.

internal import IntakeCore

/// A batch's mark in the marker topic.
///
/// The key is the transactional id and one of a number of slots, so that compaction keeps the newest marks alone. A batch
/// counts as committed only if topic, number and content are the same: a state that was set up anew counts from 1 again,
/// and its batches are others; a second topic with the same id and marker topic has batches of the same content.
struct KafkaMarker: Sendable, Hashable {
  var topic: String
  var sequence: UInt64
  /// First 32 hex digits of SHA-256 over the identities of the events.
  var digest: String
  var events: Int

  /// Marks that compaction keeps for each writer: how far back a restored checkpoint is recognised.
  static let slots: UInt64 = 64

  init(_ entry: JournalEntry, in topic: String) {
    self.topic = topic
    sequence = entry.sequence
    events = entry.entries.count
    var hash = SHA256()
    for one in entry.entries {
      for word in [one.identity.high, one.identity.low] {
        for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
          hash.update(UInt8(truncatingIfNeeded: word >> shift))
        }
      }
    }
    let words = hash.finish()
    digest = Identity(high: words.0, low: words.1).hex
  }

  /// nil unless the record is a mark of the writer.
  init?(key: [UInt8], value: [UInt8], writer: String) {
    let slot = key.dropFirst(writer.utf8.count + 1)
    guard key.starts(with: "\(writer)#".utf8), !slot.isEmpty, slot.allSatisfy({ (0x30...0x39).contains($0) }),
      let json = try? JSONValue(parsing: value), let topic = json["topic"]?.string,
      let sequence = json["sequence"]?.integer.flatMap(UInt64.init(exactly:)),
      let events = json["events"]?.integer.flatMap(Int.init(exactly:)), let digest = json["identities"]?.string
    else { return nil }
    self.topic = topic
    self.sequence = sequence
    self.digest = digest
    self.events = events
  }

  func key(_ writer: String) -> [UInt8] { Array("\(writer)#\(sequence % Self.slots)".utf8) }

  /// The topic's name needs no escapes.
  var value: [UInt8] {
    Array(#"{"topic":"\#(topic)","sequence":\#(sequence),"events":\#(events),"identities":"\#(digest)"}"#.utf8)
  }
}
