// Base64 in its two alphabets. RFC 4648 sections 4 and 5.

/// Base64 with padding, and the URL alphabet without.
package enum Base64 {
  package static func encode(_ bytes: [UInt8]) -> String {
    var text = encode(bytes, Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8))
    text.append(contentsOf: [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4))
    return String(decoding: text, as: UTF8.self)
  }

  package static func encodeForURL(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    return String(decoding: encode(bytes, alphabet), as: UTF8.self)
  }

  /// Accepts either alphabet, with or without padding, and skips line ends; nil for anything else.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var output: [UInt8] = []
    var word: UInt32 = 0
    var bits = 0
    var isPadded = false
    for byte in text.utf8 where byte != 0x0A && byte != 0x0D {
      guard byte != UInt8(ascii: "=") else {
        isPadded = true
        continue
      }
      guard !isPadded, let value = value(byte) else { return nil }
      word = (word << 6 | value) & 0xFFFF
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      output.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
    }
    return output
  }

  private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count / 3 * 4 + 4)
    var word: UInt32 = 0
    var bits = 0
    for byte in bytes {
      word = (word << 8 | UInt32(byte)) & 0xFFFF
      bits += 8
      while bits >= 6 {
        bits -= 6
        output.append(alphabet[Int(word >> UInt32(bits) & 63)])
      }
    }
    if bits > 0 { output.append(alphabet[Int(word << UInt32(6 - bits) & 63)]) }
    return output
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte - 0x41)
    case 0x61...0x7A: UInt32(byte - 0x61) + 26
    case 0x30...0x39: UInt32(byte - 0x30) + 52
    case 0x2B, 0x2D: 62
    case 0x2F, 0x5F: 63
    default: nil
    }
  }
}
