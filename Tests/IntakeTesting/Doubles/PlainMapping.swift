// A mapping that passes rows on as they are.

package import IntakeCore

/// Each row is its own event and identity: its bytes, hashed.
package struct PlainMapping: Normalising {
  package init() {}

  package func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    for range in page.rows {
      batch.rows += 1
      var hash = SHA256()
      for byte in page.bytes[range] { hash.update(byte) }
      let words = hash.finish()
      let identity = Identity(high: words.0, low: words.1)
      guard ledger.insert(identity, received: created) else {
        batch.duplicates += 1
        continue
      }
      batch.bytes.append(contentsOf: page.bytes[range])
      batch.bytes.append(0x0A)
      batch.entries.append(.init(identity: identity, received: created, end: batch.bytes.count))
    }
  }
}
