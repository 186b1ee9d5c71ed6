// gzip (RFC 1952) without compression: valid stored blocks (RFC 1951 section 3.2.4).

enum Gzip {
  /// - Parameter broken: writes a wrong checksum.
  static func wrap(_ bytes: [UInt8], broken: Bool = false) -> [UInt8] {
    var output: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    output.reserveCapacity(bytes.count + bytes.count / 60_000 * 5 + 64)
    var start = 0
    repeat {
      let end = min(start + 65_535, bytes.count)
      output.append(end == bytes.count ? 1 : 0)
      appendShort(UInt16(end - start), to: &output)
      appendShort(~UInt16(end - start), to: &output)
      output.append(contentsOf: bytes[start..<end])
      start = end
    } while start < bytes.count
    appendWord(broken ? ~checksum(bytes) : checksum(bytes), to: &output)
    appendWord(UInt32(truncatingIfNeeded: bytes.count), to: &output)
    return output
  }

  /// CRC-32 (RFC 1952 section 8).
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes { crc = crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 255)] }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { number in
    (0..<8).reduce(UInt32(number)) { word, _ in word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1 }
  }

  private static func appendShort(_ value: UInt16, to output: inout [UInt8]) {
    output.append(UInt8(truncatingIfNeeded: value))
    output.append(UInt8(truncatingIfNeeded: value >> 8))
  }

  private static func appendWord(_ value: UInt32, to output: inout [UInt8]) {
    appendShort(UInt16(truncatingIfNeeded: value), to: &output)
    appendShort(UInt16(truncatingIfNeeded: value >> 16), to: &output)
  }
}
