// From a column's name to what is done with it: one multiplication and, as a rule, two comparisons of eight bytes.

internal import IntakeCore

/// What a column's name leads to.
enum ColumnTarget: Equatable, Sendable {
  /// No rule names it.
  case other
  case leftOut
  case slot(Int)
  /// A step of a dotted path: its members are looked up below this node.
  case node(Int)
}

/// An open hash table over (parent node, name), filled once.
struct KeyTable: Sendable {
  private struct Entry: Sendable {
    var first: UInt64 = 0
    var last: UInt64 = 0
    var start: Int32 = 0
    var length = Entry.unused
    var node: Int16 = 0
    var target: ColumnTarget = .other

    static let unused: Int32 = -1
  }

  private var entries = [Entry](repeating: Entry(), count: 256)
  private(set) var names: [UInt8] = []
  private(set) var used = 0

  /// The target under a name, in a table that is being filled.
  func target(_ name: String, below node: Int) -> ColumnTarget {
    let bytes = Array(name.utf8)
    return find(unsafe bytes.span.bytes, 0, bytes.count, below: node)
  }

  /// False if the table is full.
  mutating func insert(_ name: String, below node: Int, target: ColumnTarget) -> Bool {
    guard used < entries.count / 2 else { return false }
    used += 1
    let bytes = Array(name.utf8)
    var entry = Entry()
    entry.start = Int32(names.count)
    entry.length = Int32(bytes.count)
    entry.node = Int16(node)
    entry.target = target
    names.append(contentsOf: bytes)
    let span = unsafe bytes.span.bytes
    entry.first = Self.firstWord(span, 0, bytes.count)
    entry.last = Self.lastWord(span, 0, bytes.count)
    var index = Self.place(entry.first, entry.last, bytes.count, node)
    while entries[index].length != Entry.unused { index = (index + 1) & 255 }
    entries[index] = entry
    return true
  }

  /// What the name between two offsets leads to, by its bytes.
  @inline(__always)
  func find(_ span: RawSpan, _ start: Int, _ end: Int, below node: Int) -> ColumnTarget {
    let length = end - start
    let first = Self.firstWord(span, start, length)
    let last = Self.lastWord(span, start, length)
    var index = Self.place(first, last, length, node)
    while entries[index].length != Entry.unused {
      let entry = entries[index]
      if entry.first == first, entry.last == last, entry.length == length, entry.node == node,
        length <= 16 || sameMiddle(span, start, entry)
      {
        return entry.target
      }
      index = (index + 1) & 255
    }
    return .other
  }

  /// The same, without regard to ASCII case: for exports whose columns were named by hand.
  func findFolded(_ span: RawSpan, _ start: Int, _ end: Int, below node: Int) -> ColumnTarget {
    for entry in entries where entry.length == end - start && entry.node == node {
      let same = (0..<(end - start)).allSatisfy {
        ASCII.lowerCased(span.byte(start + $0)) == ASCII.lowerCased(names[Int(entry.start) + $0])
      }
      if same { return entry.target }
    }
    return .other
  }

  private func sameMiddle(_ span: RawSpan, _ start: Int, _ entry: Entry) -> Bool {
    for offset in 8..<Int(entry.length) - 8
    where span.byte(start + offset) != names[Int(entry.start) + offset] { return false }
    return true
  }

  @inline(__always)
  private static func place(_ first: UInt64, _ last: UInt64, _ length: Int, _ node: Int) -> Int {
    let mixed = (first ^ last &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: length &+ node &* 64))
    return Int(truncatingIfNeeded: (mixed &* 0xD6E8_FEB8_6659_FD93) >> 56)
  }

  /// Up to eight bytes from the front, the rest zero.
  @inline(__always)
  private static func firstWord(_ span: RawSpan, _ start: Int, _ length: Int) -> UInt64 {
    if start >= 0, start + 8 <= span.byteCount, length > 0 {
      let word = unsafe UInt64(littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
      return length >= 8 ? word : word & (1 << UInt64(length &* 8) &- 1)
    }
    var word: UInt64 = 0
    for offset in 0..<min(max(length, 0), 8) { word |= UInt64(span.byte(start + offset)) << UInt64(offset * 8) }
    return word
  }

  /// The last eight bytes of a name of at least eight, else zero.
  @inline(__always)
  private static func lastWord(_ span: RawSpan, _ start: Int, _ length: Int) -> UInt64 {
    guard length >= 8, start >= 0, start + length <= span.byteCount else { return 0 }
    return unsafe UInt64(
      littleEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: start + length - 8, as: UInt64.self))
  }
}

extension Plan {
  /// True if the name begins with one of the prefixes that are left out.
  func leavesOut(_ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    for prefix in prefixes where prefix.end - prefix.start <= end - start {
      var same = true
      for offset in 0..<(prefix.end - prefix.start) where span.byte(start + offset) != pool[prefix.start + offset] {
        same = false
        break
      }
      if same { return true }
    }
    return false
  }
}
