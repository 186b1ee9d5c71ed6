// Handmade gzip: valid stored blocks, or a small body that unpacks to a huge one. RFC 1951, RFC 1952.

package enum GzipBytes {
  private static let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]

  /// Stored blocks: correct checksum and length, no compression.
  package static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var output = head
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      output.append(rest.isEmpty ? 1 : 0)
      let length = UInt16(block.count)
      for word in [length, ~length] {
        output.append(UInt8(truncatingIfNeeded: word))
        output.append(UInt8(truncatingIfNeeded: word >> 8))
      }
      output.append(contentsOf: block)
    } while !rest.isEmpty
    appendLittle(checksum(bytes), to: &output)
    appendLittle(UInt32(truncatingIfNeeded: bytes.count), to: &output)
    return output
  }

  /// Unpacks to at least `count` spaces after `prefix`; about a thousandth of that in size. The trailer is wrong.
  package static func bomb(_ count: Int, after prefix: String = "") -> [UInt8] {
    var bits = BitWriter(bytes: head)
    bits.append(1, count: 1)
    bits.append(1, count: 2)
    for byte in Array(prefix.utf8) + [0x20] { bits.appendCode(0x30 + UInt32(byte), count: 8) }
    for _ in 0...(count / 258) {
      bits.appendCode(0b1100_0101, count: 8)
      bits.appendCode(0, count: 5)
    }
    bits.appendCode(0, count: 7)
    bits.append(0, count: 7)
    return bits.bytes + [UInt8](repeating: 0, count: 8)
  }

  private static func appendLittle(_ word: UInt32, to output: inout [UInt8]) {
    for shift in [0, 8, 16, 24] as [UInt32] { output.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  private struct BitWriter {
    var bytes: [UInt8]
    var word: UInt32 = 0
    var filled: UInt32 = 0

    /// Low bit first, as deflate packs numbers.
    mutating func append(_ value: UInt32, count: UInt32) {
      for shift in 0..<count {
        word |= (value >> shift & 1) << filled
        filled += 1
        guard filled == 8 else { continue }
        bytes.append(UInt8(truncatingIfNeeded: word))
        (word, filled) = (0, 0)
      }
    }

    /// High bit first, as deflate packs Huffman codes.
    mutating func appendCode(_ code: UInt32, count: UInt32) {
      for shift in (0..<count).reversed() { append(code >> shift & 1, count: 1) }
    }

    init(bytes: [UInt8]) { self.bytes = bytes }
  }
}
