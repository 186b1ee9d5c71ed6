// What the tests of this target share: mappings from the binary, a ledger in memory, and the way from bytes to events.

import IntakeCore
import IntakeTesting
import Mappings
import Testing

@testable import Normaliser

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
    let end = bytes.lastIndex { $0 > 0x20 } ?? 0
    return Page(bytes: bytes, rows: [0..<(end + 1)])
  }

  /// Rows side by side as a page of light JSON.
  static func page(rows: [String]) throws -> Page {
    try page(Array("{\"value\":[\(rows.joined(separator: ","))]}".utf8))
  }

  static func batch(
    _ page: Page, mapping name: String, settings: NormaliserSettings = NormaliserSettings()
  ) throws -> Batch {
    let normaliser = try RowNormaliser(mapping: try mapping(name), settings: settings)
    var batch = Batch()
    var ledger = MemoryLedger()
    normaliser.normalise(page, created: created, into: &batch, ledger: &ledger)
    return batch
  }

  /// A file's events, one batch for all its pages, in pieces of `pieceSize` bytes.
  static func batch(
    raw: [UInt8], settings: NormaliserSettings = NormaliserSettings(), dateFormat: String? = nil,
    pieceSize: Int = .max
  ) throws -> Batch {
    var input = RawInput(file: "test", options: RawOptions(dateFormat: dateFormat))
    var settings = settings
    settings.foldColumns = true
    var batch = Batch()
    var ledger = MemoryLedger()
    var start = 0
    repeat {
      let end = start + min(pieceSize, raw.count - start)
      for page in try input.take(Array(raw[start..<end]), isLast: end == raw.count) {
        let normaliser = try RowNormaliser(mapping: try mapping(page.mapping), settings: settings)
        normaliser.normalise(page.page, created: created, into: &batch, ledger: &ledger)
      }
      start = end
    } while start < raw.count
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
