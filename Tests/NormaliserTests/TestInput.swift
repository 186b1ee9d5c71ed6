// What the tests of this target share: mappings from the binary, a ledger in memory, and the way from bytes to events.

import IntakeCore
import Mappings
import Testing

@testable import Normaliser

/// Remembers what it was given.
struct MemoryLedger: Ledger {
  var known: Set<Identity> = []

  mutating func insert(_ identity: Identity, received: Instant) -> Bool { known.insert(identity).inserted }
}

/// Takes everything as new.
struct OpenLedger: Ledger {
  mutating func insert(_ identity: Identity, received: Instant) -> Bool { true }
}

enum TestInput {
  static let created = Instant(seconds: 1_790_000_000)

  static func mapping(_ name: String) throws -> Mapping {
    let embedded = try #require(EmbeddedMapping.all.first { $0.file == "\(name).json" })
    return try Mapping(parsing: Array(embedded.text.utf8), file: embedded.file)
  }

  /// A page whose rows are found by structure alone, in any envelope; a document that has none is one row.
  static func page(_ bytes: [UInt8]) throws -> Page {
    if let envelope = try Envelope(bytes), !envelope.hasError { return Page(bytes: bytes, rows: envelope.rows) }
    return Page(bytes: bytes, rows: [0..<bytes.count])
  }

  /// Rows side by side as a page of light JSON.
  static func page(rows: [String]) throws -> Page {
    try page(Array("{\"value\":[\(rows.joined(separator: ","))]}".utf8))
  }

  static func batch(
    _ page: Page, mapping name: String, settings: NormaliserSettings = NormaliserSettings()
  ) throws -> Batch {
    let normaliser = try Normaliser(mapping: try mapping(name), settings: settings)
    var batch = Batch()
    var ledger = MemoryLedger()
    normaliser.normalise(page, created: created, into: &batch, ledger: &ledger)
    return batch
  }

  /// The events of rows, each parsed back strictly.
  static func events(
    _ rows: [String], mapping name: String, settings: NormaliserSettings = NormaliserSettings()
  ) throws -> [JSONValue] {
    try lines(batch(page(rows: rows), mapping: name, settings: settings)).map { try JSONValue(parsing: $0) }
  }

  static func lines(_ batch: Batch) -> [[UInt8]] {
    var start = 0
    return batch.entries.map { entry in
      defer { start = entry.end }
      return Array(batch.bytes[start..<entry.end])
    }
  }
}
