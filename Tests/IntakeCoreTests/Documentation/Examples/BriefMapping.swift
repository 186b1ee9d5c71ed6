// A mapping to events of three fields: what the documentation shows of adding a mapping in Swift.

import IntakeCore

/// Events with time, identity and status, and nothing else.
struct BriefMapping: Normalising {
  func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    for range in page.rows {
      batch.rows += 1
      let bytes = Array(page.bytes[range])
      let row = try? JSONValue(parsing: bytes)
      let received = row?["receivedDateTime"]?.string.flatMap(Timestamp.parse)
      if received == nil { batch.failed += 1 }
      let identity = identity(row, or: bytes)
      guard ledger.insert(identity, received: received ?? .latest) else {
        batch.duplicates += 1
        continue
      }
      event(row, bytes, received, created, identity).append(to: &batch.bytes)
      batch.bytes.append(0x0A)
      var entry = Batch.Entry(identity: identity, received: received ?? created, end: batch.bytes.count)
      entry.isOutsideWindow = received == nil
      batch.entries.append(entry)
    }
  }

  /// A row that cannot be mapped is not lost: it leaves with its original inside.
  private func event(
    _ row: JSONValue?, _ bytes: [UInt8], _ received: Instant?, _ created: Instant, _ identity: Identity
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("@timestamp", .string(Timestamp.text(received ?? created))), .init("event.id", .string(identity.hex)),
    ]
    if received == nil {
      members.append(.init("event.kind", .string("pipeline_error")))
      members.append(.init("event.original", .string(String(decoding: bytes, as: UTF8.self))))
    } else {
      members.append(.init("event.action", row?["status"] ?? .string("none")))
    }
    return .object(members)
  }

  /// The same row has the same identity, whenever it is read again; a new status makes a new one.
  private func identity(_ row: JSONValue?, or bytes: [UInt8]) -> Identity {
    var hash = SHA256()
    let parts = ["id", "recipientAddress", "status"].compactMap { row?[$0]?.string }
    for byte in parts.isEmpty ? bytes : Array(parts.joined(separator: "\n").utf8) { hash.update(byte) }
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }
}
