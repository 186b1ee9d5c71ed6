// Random UUIDs: names for playbooks, requests and assertions.

/// A random UUID, version 4 (RFC 9562).
package enum RandomUUID {
  /// In lower case, such as `8461aabe-6eba-4044-ad7f-a0c39a2b2279`.
  package static func make() -> String {
    let high = UInt64.random(in: 0...UInt64.max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = UInt64.random(in: 0...UInt64.max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = Array(Identity(high: high, low: low).hex)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }
}
