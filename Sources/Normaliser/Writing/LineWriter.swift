// Writes event bytes into memory owned by the caller. The only place in this target that uses pointers; at the end of the
// memory it stops writing and sets `overflowed`.

internal import IntakeCore

/// Appends bytes; never grows, never traps. After each line, check `overflowed`; if it is set, rewind and write the line
/// again with more memory. From the overflow until then all calls are ignored, so earlier lines stay intact.
@safe
struct LineWriter {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  /// The limit after something was too much: no length fits, and no count can be subtracted below it.
  private static let nothing = -1
  /// Where writing ends: the capacity, or `nothing`.
  private var limit: Int
  private(set) var count = 0
  /// The date that was written last.
  var days = DayText()

  var overflowed: Bool { limit == Self.nothing }

  /// The pointer must stay valid, and its bytes be this writer's alone, for as long as the writer is used.
  @unsafe
  init(_ base: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.base = unsafe base
    self.capacity = capacity
    limit = capacity
  }

  /// Forgets what was written from `position` on, and that it was too much.
  @inline(__always)
  mutating func rewind(to position: Int) {
    count = min(count, max(position, 0))
    limit = capacity
  }

  /// Forgets what was written from `position` on.
  @inline(__always)
  mutating func drop(to position: Int) {
    guard !overflowed else { return }
    count = min(count, max(position, 0))
  }

  /// True if there is room for `length` more bytes; remembers where there is not.
  @inline(__always)
  private mutating func fits(_ length: Int) -> Bool {
    if length <= limit &- count { return true }
    limit = Self.nothing
    return false
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    guard fits(1) else { return }
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  /// Eight bytes, the first in the lowest bits.
  @inline(__always)
  mutating func append(word: UInt64) {
    guard fits(8) else { return }
    unsafe base.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
    count &+= 8
  }

  /// A slice of a span, unchanged. Short ones are copied in steps of sixteen bytes, over their end where both sides have room.
  @inline(__always)
  mutating func append(_ bytes: RawSpan, _ start: Int, _ end: Int) {
    guard isShort(bytes, start, end) else { return appendSlowly(bytes, start, end) }
    unsafe copyShort(bytes, start, end &- start)
  }

  /// The same between quotes.
  @inline(__always)
  mutating func appendQuoted(_ bytes: RawSpan, _ start: Int, _ end: Int) {
    guard isShort(bytes, start, end) else {
      append(Self.quote)
      appendSlowly(bytes, start, end)
      return append(Self.quote)
    }
    unsafe storeByte(Self.quote)
    unsafe copyShort(bytes, start, end &- start)
    unsafe storeByte(Self.quote)
  }

  /// The characters around a copied value.
  enum Wrapping { case none, quotes, list }

  /// A name, a value and a comma in one go; false, and nothing written, where either is long.
  @inline(__always)
  mutating func appendField(
    _ names: RawSpan, _ name: PoolSlice, _ bytes: RawSpan, _ start: Int, _ end: Int, lowerCased: Bool,
    in wrapping: Wrapping
  ) -> Bool {
    guard isShort(names, name.start, name.end), isShort(bytes, start, end) else { return false }
    unsafe copyShort(names, name.start, name.end &- name.start)
    if wrapping != .none { unsafe storeByte(Self.quote) }
    unsafe copyShort(bytes, start, end &- start, lowerCased: lowerCased)
    switch wrapping {
    case .none: unsafe storeByte(.comma)
    case .quotes:
      unsafe base.storeBytes(of: UInt16(0x2C22).littleEndian, toByteOffset: count, as: UInt16.self)
      count &+= 2
    case .list:
      unsafe base.storeBytes(of: UInt32(0x2C5D22).littleEndian, toByteOffset: count, as: UInt32.self)
      count &+= 3
    }
    return true
  }

  /// A value between quotes; false, and nothing written, where it is long.
  @inline(__always)
  mutating func appendItem(_ bytes: RawSpan, _ start: Int, _ end: Int, lowerCased: Bool) -> Bool {
    guard isShort(bytes, start, end) else { return false }
    unsafe storeByte(Self.quote)
    unsafe copyShort(bytes, start, end &- start, lowerCased: lowerCased)
    unsafe storeByte(Self.quote)
    return true
  }

  /// Bytes that may be read, and written, behind a short slice.
  static let overrun = 64

  /// True for 1 to 64 bytes with so much room on both sides that a whole field of two such slices may be written.
  @inline(__always)
  private func isShort(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Bool {
    UInt(bitPattern: end &- start &- 1) < 64 && UInt(bitPattern: start) <= UInt(bitPattern: bytes.byteCount &- 64)
      && bytes.byteCount >= 64 && count &+ 256 <= limit
  }

  /// Only where there is room.
  @unsafe
  @inline(__always)
  private mutating func storeByte(_ byte: UInt8) {
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  /// Only where `isShort` has said so: 32 or 64 bytes, whatever the length, so that nothing has to be counted.
  @unsafe
  @inline(__always)
  private mutating func copyShort(_ bytes: RawSpan, _ start: Int, _ length: Int, lowerCased: Bool = false) {
    unsafe copySixteen(bytes, start, 0, lowerCased: lowerCased)
    unsafe copySixteen(bytes, start, 16, lowerCased: lowerCased)
    if length > 32 {
      unsafe copySixteen(bytes, start, 32, lowerCased: lowerCased)
      unsafe copySixteen(bytes, start, 48, lowerCased: lowerCased)
    }
    count &+= length
  }

  @unsafe
  @inline(__always)
  private func copySixteen(_ bytes: RawSpan, _ start: Int, _ offset: Int, lowerCased: Bool) {
    let chunk = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ offset, as: SIMD16<UInt8>.self)
    unsafe base.storeBytes(
      of: lowerCased ? ASCII.lowerCased(chunk) : chunk, toByteOffset: count &+ offset, as: SIMD16<UInt8>.self)
  }

  @inline(never)
  private mutating func appendSlowly(_ bytes: RawSpan, _ start: Int, _ end: Int) {
    guard start >= 0, start < end, end <= bytes.byteCount, fits(end - start) else { return }
    copyWhole(bytes, start, end - start)
  }

  private mutating func copyWhole(_ bytes: RawSpan, _ start: Int, _ length: Int) {
    unsafe bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress else { return }
      unsafe base.advanced(by: count).copyMemory(from: from + start, byteCount: length)
    }
    count += length
  }

  /// A slice in ASCII lower case.
  @inline(__always)
  mutating func appendLowerCased(_ bytes: RawSpan, _ start: Int, _ end: Int) {
    guard !isShort(bytes, start, end) else {
      return unsafe copyShort(bytes, start, end &- start, lowerCased: true)
    }
    guard start >= 0, start < end, end <= bytes.byteCount, fits(end - start) else { return }
    for at in start..<end { unsafe storeByte(ASCII.lowerCased(bytes.byte(at))) }
  }

  /// What was written before, once more.
  mutating func repeatBytes(_ start: Int, _ end: Int) {
    let length = end - start
    guard start >= 0, length > 0, end <= count, fits(length) else { return }
    if length <= 64, count + 128 <= limit {
      for offset in stride(from: 0, to: length <= 32 ? 32 : 64, by: 16) {
        let chunk = unsafe base.loadUnaligned(fromByteOffset: start + offset, as: SIMD16<UInt8>.self)
        unsafe base.storeBytes(of: chunk, toByteOffset: count + offset, as: SIMD16<UInt8>.self)
      }
    } else {
      unsafe base.advanced(by: count).copyMemory(from: base + start, byteCount: length)
    }
    count += length
  }

  /// Overwrites the last byte.
  mutating func replaceLast(with byte: UInt8) {
    guard count > 0, !overflowed else { return }
    unsafe base.storeBytes(of: byte, toByteOffset: count - 1, as: UInt8.self)
  }

  /// True if two slices of what was written are the same but for ASCII case.
  func equal(_ left: Int, _ right: Int, length: Int) -> Bool {
    guard left >= 0, right >= 0, left + length <= count, right + length <= count else { return false }
    var done = 0
    while done + 8 <= length {
      let a = unsafe base.loadUnaligned(fromByteOffset: left + done, as: UInt64.self)
      let b = unsafe base.loadUnaligned(fromByteOffset: right + done, as: UInt64.self)
      guard ASCII.lowerCased(a) == ASCII.lowerCased(b) else { return false }
      done += 8
    }
    for offset in done..<length {
      let a = unsafe base.load(fromByteOffset: left + offset, as: UInt8.self)
      let b = unsafe base.load(fromByteOffset: right + offset, as: UInt8.self)
      guard ASCII.lowerCased(a) == ASCII.lowerCased(b) else { return false }
    }
    return true
  }

  /// Gives what was written for reading.
  @inline(__always)
  func read<Result>(_ body: (RawSpan) -> Result) -> Result {
    let written = unsafe UnsafeRawBufferPointer(start: base, count: count)
    return body(unsafe written.bytes)
  }

  /// The first 128 bits of SHA-256 over what was written from `start` on; uses 72 bytes behind it.
  func identity(from start: Int) -> Identity? {
    guard !overflowed, start >= 0, start <= count, count + 72 <= capacity else { return nil }
    let message = unsafe UnsafeMutableRawBufferPointer(start: base + start, count: capacity - start)
    let words = unsafe SHA256.prefix(padding: message, count: count - start)
    return Identity(high: words.0, low: words.1)
  }
}
