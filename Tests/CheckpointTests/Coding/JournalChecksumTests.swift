// The checksum that ends an entry of the journal: the same with and without instructions, and no damage passes.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Checkpoint

@Suite struct JournalChecksumTests {
  private static func checksum(_ pieces: [[UInt8]], portably: Bool) -> [UInt8] {
    var checksum = JournalChecksum(portably: portably)
    for piece in pieces { checksum.update(unsafe piece.span.bytes) }
    return checksum.bytes
  }

  @Test("pieces of any length have the same checksum with the processor's instructions as without")
  func instructions() {
    var random = SeededRandom(seed: 3)
    for length in Array(0..<140) + [4_096, 10_001] {
      let pieces = [length, length / 3].map { count in (0..<count).map { _ in UInt8(random.below(256)) } }
      var checksum = JournalChecksum()
      for piece in pieces { checksum.update(unsafe piece.span.bytes) }
      #expect(checksum.bytes == Self.checksum(pieces, portably: true), "\(length)")
      #expect(checksum.bytes.count == JournalChecksum.length)
    }
  }

  @Test("each of its four parts is the CRC-32C of every fourth eight bytes")
  func parts() {
    let piece = (0..<320).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let parts = (0..<4).flatMap { part -> [UInt8] in
      let own = (0..<10).flatMap { stripe in piece[(stripe * 32 + part * 8)...].prefix(8) }
      let value = CRC32C.of(own, 0..<own.count)
      return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
    }
    #expect(Self.checksum([piece], portably: true) == parts)
    #expect(Self.checksum([piece], portably: false) == parts)
  }

  @Test("a bit turned, bytes zeroed or moved, an old block between new ones: the entry is not taken")
  func damage() throws {
    var random = SeededRandom(seed: 4)
    var entry = JournalCodingTests.entry
    entry.bytes = (0..<20_000).map { _ in UInt8(0x20 + random.below(90)) }
    entry.entries = []
    let whole = JournalCoding.whole(entry)
    #expect(JournalCoding.decode(whole, sequence: 1)?.bytes == entry.bytes)
    for _ in 0..<300 {
      var turned = whole
      turned[random.below(whole.count)] ^= 1 << UInt8(random.below(8))
      #expect(JournalCoding.decode(turned, sequence: 1) == nil)
    }
    for size in [1, 8, 32, 64, 512, 4_096] {
      for _ in 0..<20 {
        let at = random.below(whole.count - 2 * size)
        var zeroed = whole
        for offset in 0..<size { zeroed[at + offset] = 0 }
        if zeroed != whole { #expect(JournalCoding.decode(zeroed, sequence: 1) == nil) }
        var swapped = whole
        for offset in 0..<size { swapped.swapAt(at + offset, at + size + offset) }
        if swapped != whole { #expect(JournalCoding.decode(swapped, sequence: 1) == nil) }
      }
    }
    entry.bytes = (0..<20_000).map { _ in UInt8(0x20 + random.below(90)) }
    let other = JournalCoding.whole(entry)
    for start in stride(from: 0, to: whole.count, by: 512) {
      let torn = Array(other[..<start] + whole[start...])
      if torn != whole { #expect(JournalCoding.decode(torn, sequence: 1) == nil) }
    }
  }
}
