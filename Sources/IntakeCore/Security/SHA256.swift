// SHA-256 (FIPS 180-4): the event's identity is made with it. One running state, no allocation after init.

internal import CSystem

/// A running SHA-256 over short messages; reuse one value for many messages.
package struct SHA256: Sendable {
  static let hasInstructions = csystem_sha256_available() == 1

  private let portably: Bool
  private var state: InlineArray<8, UInt32> = Self.initial
  private var block = InlineArray<64, UInt8>(repeating: 0)
  private var filled = 0
  private var length: UInt64 = 0

  private static let initial: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  package init() { portably = !Self.hasInstructions }

  /// The form without special instructions, for comparison in tests.
  init(portably: Bool) { self.portably = portably }

  /// Forgets what was taken in, ready for the next message.
  package mutating func reset() {
    state = Self.initial
    filled = 0
    length = 0
  }

  /// Takes in one byte.
  @inline(__always)
  package mutating func update(_ byte: UInt8) {
    block[filled] = byte
    filled += 1
    length &+= 1
    if filled == 64 { compress() }
  }

  /// Takes in all bytes of an array, whole blocks at a time.
  package mutating func update(_ bytes: [UInt8]) {
    var index = 0
    while index < bytes.count, filled != 0 {
      update(bytes[index])
      index += 1
    }
    let blocks = (bytes.count - index) / 64
    if blocks > 0 {
      unsafe bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        unsafe Self.compress(&state, base + index, blocks: blocks, portably: portably)
      }
      length &+= UInt64(blocks * 64)
      index += blocks * 64
    }
    while index < bytes.count {
      update(bytes[index])
      index += 1
    }
  }

  /// Ends the message and gives its 32 bytes as four big-endian words of 64 bits; call `reset()` before the next.
  package mutating func finish() -> (UInt64, UInt64, UInt64, UInt64) {
    let bits = length &* 8
    update(0x80)
    while filled != 56 { update(0) }
    for shift in stride(from: 56, through: 0, by: -8) { update(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    return (word(0), word(2), word(4), word(6))
  }

  /// The first 16 bytes of the digest over the first `count` bytes of `buffer`, as two big-endian words. The padding is
  /// written behind the message: the buffer has at least 72 bytes more than `count`, and is used up.
  @unsafe
  package static func prefix(padding buffer: UnsafeMutableRawBufferPointer, count: Int) -> (UInt64, UInt64) {
    unsafe prefix(padding: buffer, count: count, portably: !hasInstructions)
  }

  @unsafe
  static func prefix(
    padding buffer: UnsafeMutableRawBufferPointer, count: Int, portably: Bool
  ) -> (UInt64, UInt64) {
    guard count >= 0, count + 72 <= buffer.count, let base = buffer.baseAddress else {
      var hash = SHA256()
      for index in 0..<min(count, buffer.count) { hash.update(unsafe buffer[index]) }
      let words = hash.finish()
      return (words.0, words.1)
    }
    let blocks = (count + 8) / 64 + 1
    unsafe base.storeBytes(of: 0x80, toByteOffset: count, as: UInt8.self)
    unsafe (base + count + 1).initializeMemory(as: UInt8.self, repeating: 0, count: blocks * 64 - count - 9)
    unsafe base.storeBytes(of: (UInt64(count) &* 8).bigEndian, toByteOffset: blocks * 64 - 8, as: UInt64.self)
    var state = initial
    unsafe compress(&state, base, blocks: blocks, portably: portably)
    return (UInt64(state[0]) << 32 | UInt64(state[1]), UInt64(state[2]) << 32 | UInt64(state[3]))
  }

  /// The digest of a whole message, as 32 bytes.
  package static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    let words = hash.finish()
    return [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
  }

  private func word(_ index: Int) -> UInt64 { UInt64(state[index]) << 32 | UInt64(state[index + 1]) }

  private mutating func compress() {
    filled = 0
    let portably = portably
    unsafe block.span.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe Self.compress(&state, base, blocks: 1, portably: portably)
    }
  }

  /// Takes whole blocks of 64 bytes into the state.
  @unsafe
  private static func compress(
    _ state: inout InlineArray<8, UInt32>, _ bytes: UnsafeRawPointer, blocks: Int, portably: Bool
  ) {
    guard portably else {
      var words = state.mutableSpan
      return unsafe words.withUnsafeMutableBufferPointer { words in
        unsafe csystem_sha256_blocks(words.baseAddress, bytes, blocks)
      }
    }
    for index in 0..<blocks { unsafe compressPortably(&state, bytes + index * 64) }
  }

  @unsafe
  private static func compressPortably(_ state: inout InlineArray<8, UInt32>, _ block: UnsafeRawPointer) {
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      guard let words = schedule.baseAddress else { return }
      unsafe expand(block, into: words)
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for index in stride(from: 0, to: 64, by: 8) {
        let words = unsafe words + index
        unsafe round(a, b, c, &d, e, f, g, &h, words[0])
        unsafe round(h, a, b, &c, d, e, f, &g, words[1])
        unsafe round(g, h, a, &b, c, d, e, &f, words[2])
        unsafe round(f, g, h, &a, b, c, d, &e, words[3])
        unsafe round(e, f, g, &h, a, b, c, &d, words[4])
        unsafe round(d, e, f, &g, h, a, b, &c, words[5])
        unsafe round(c, d, e, &f, g, h, a, &b, words[6])
        unsafe round(b, c, d, &e, f, g, h, &a, words[7])
      }
      state[0] &+= a
      state[1] &+= b
      state[2] &+= c
      state[3] &+= d
      state[4] &+= e
      state[5] &+= f
      state[6] &+= g
      state[7] &+= h
    }
  }

  /// The message schedule with the round constants added.
  @unsafe
  private static func expand(_ block: UnsafeRawPointer, into words: UnsafeMutablePointer<UInt32>) {
    for index in 0..<16 {
      let word = unsafe block.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)
      unsafe words[index] = UInt32(bigEndian: word)
    }
    for index in 16..<64 {
      let early = unsafe words[index &- 15]
      let late = unsafe words[index &- 2]
      let sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early &>> 3)
      let sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late &>> 10)
      unsafe words[index] = words[index &- 16] &+ sigma0 &+ words[index &- 7] &+ sigma1
    }
    let constants = constants.span
    for index in 0..<64 { unsafe words[index] &+= constants[index] }
  }

  /// One round; instead of moving all eight words on, the caller names them anew.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ word: UInt32
  ) {
    let first = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ (g ^ (e & (f ^ g))) &+ word
    d &+= first
    h = first &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ ((a & b) | (c & (a | b)))
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }

  private static let constants: [UInt32] = {
    var words: [UInt32] = []
    unsafe withUnsafeBytes(of: csystem_sha256_k) { bytes in
      for offset in stride(from: 0, to: 256, by: 4) {
        words.append(unsafe bytes.load(fromByteOffset: offset, as: UInt32.self))
      }
    }
    return words
  }()
}
