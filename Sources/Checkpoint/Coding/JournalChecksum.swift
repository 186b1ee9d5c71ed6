// What shows that an entry of the journal is whole: four CRC-32C, each of every fourth eight bytes. Ten times as fast as
// SHA-256, which the formats before had; it has to find torn and worn bytes, not forged ones.

internal import CSystem
internal import IntakeCore

/// A running checksum of 128 bits over pieces; each piece counts as if zeros filled its last stripe of 32 bytes.
struct JournalChecksum: Sendable {
  static let length = 16
  private static let stripe = 32
  private static let hasInstructions = csystem_crc32c_available() == 1

  private let portably: Bool
  private var sums: InlineArray<4, UInt32> = [.max, .max, .max, .max]

  init() { portably = !Self.hasInstructions }

  /// The form without special instructions, for comparison in tests.
  init(portably: Bool) { self.portably = portably }

  /// The four checksums, each with its lowest byte first.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<4 { bytes.append(little: ~sums[index]) }
    return bytes
  }

  /// Takes a piece in.
  mutating func update(_ piece: RawSpan) {
    let whole = piece.byteCount / Self.stripe
    take(piece, stripes: whole)
    guard piece.byteCount > whole * Self.stripe else { return }
    var last = [UInt8](repeating: 0, count: Self.stripe)
    for offset in 0..<(piece.byteCount - whole * Self.stripe) {
      last[offset] = piece.byte(whole * Self.stripe + offset)
    }
    take(unsafe last.span.bytes, stripes: 1)
  }

  private mutating func take(_ piece: RawSpan, stripes: Int) {
    guard !portably else { return takePortably(piece, stripes: stripes) }
    var sums = sums.mutableSpan
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe piece.withUnsafeBytes { bytes in
        unsafe csystem_crc32c_stripes(sums.baseAddress, bytes.baseAddress, stripes)
      }
    }
  }

  private mutating func takePortably(_ piece: RawSpan, stripes: Int) {
    for index in 0..<(stripes * 4) {
      let word = unsafe piece.unsafeLoadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
      sums[index & 3] = CRC32C.next(sums[index & 3], UInt64(littleEndian: word))
    }
  }
}
