// The record that says which batch a transaction held: written in the same transaction, read back when a sink connects.

internal import IntakeCore

/// A batch's mark in the marker topic.
///
/// The key is the transactional id and one of a number of slots, so that compaction keeps the newest marks alone. A batch
/// counts as committed only if topic, number and bytes are the same. A state that was set up anew counts from 1 again; what
/// it collects again has another `event.created`. A second topic may have the same id, marker topic and batches.
struct KafkaMarker: Sendable, Hashable {
  var topic: String
  var sequence: UInt64
  /// First 32 hex digits of SHA-256 over the lines.
  var digest: String
  var events: Int

  /// Marks that compaction keeps for each writer: how far back a restored checkpoint is recognised.
  static let slots: UInt64 = 64

  init(_ entry: JournalEntry, in topic: String) {
    self.topic = topic
    sequence = entry.sequence
    events = entry.entries.count
    var hash = SHA256()
    hash.update(entry.bytes)
    let words = hash.finish()
    digest = Identity(high: words.0, low: words.1).hex
  }

  /// nil unless the record is a mark of the writer.
  init?(key: [UInt8], value: [UInt8], writer: String) {
    let slot = key.dropFirst(writer.utf8.count + 1)
    guard key.starts(with: "\(writer)#".utf8), !slot.isEmpty, slot.allSatisfy({ (0x30...0x39).contains($0) }),
      let json = try? JSONValue(parsing: value), let topic = json["topic"]?.string,
      let sequence = json["sequence"]?.integer.flatMap(UInt64.init(exactly:)),
      let events = json["events"]?.integer.flatMap(Int.init(exactly:)), let digest = json["sha256"]?.string
    else { return nil }
    self.topic = topic
    self.sequence = sequence
    self.digest = digest
    self.events = events
  }

  func key(_ writer: String) -> [UInt8] { Array("\(writer)#\(sequence % Self.slots)".utf8) }

  /// The topic's name needs no escapes.
  var value: [UInt8] {
    Array(#"{"topic":"\#(topic)","sequence":\#(sequence),"events":\#(events),"sha256":"\#(digest)"}"#.utf8)
  }
}
