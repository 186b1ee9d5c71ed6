// Counts texts in bounded memory: exact while they fit, with a known error bound beyond.

internal import IntakeCore

/// Counts of texts. Once more than `capacity` different ones have come, the rare half makes room (the frequent-items
/// sketch of Anderson et al., "A High-Performance Algorithm for Identifying Frequent Items in Data Streams", 2017).
struct FrequentTexts {
  struct Count: Equatable {
    var text: String
    /// Exact, or at most `mostMissed` too low.
    var count: Int
  }

  private struct Entry {
    var start: Int
    var length: Int
    var hash: UInt64
    /// Times seen since it was let in.
    var seen: Int
    /// What is left of `seen` after making room.
    var weight: Int
  }

  /// Texts are cut here: no mail address is longer (RFC 5321 section 4.5.3.1).
  static let longest = 320

  let capacity: Int
  /// By how much a count may be too low, and how often a text that is not here may have come.
  private(set) var mostMissed = 0
  private var letters: [UInt8] = []
  private var entries: [Entry] = []
  /// Index of an entry plus one, 0 for none; a power of two of them.
  private var slots = [Int32](repeating: 0, count: 1_024)
  /// Random, so that an attacker cannot choose texts that collide.
  private let seed = UInt64.random(in: 0...UInt64.max)

  init(capacity: Int = 65_536) { self.capacity = max(2, capacity) }

  var isExact: Bool { mostMissed == 0 }
  /// Different texts; at least so many where it is not exact.
  var distinct: Int { entries.count }

  /// Counts the text that `bytes` holds in `range`.
  mutating func add(_ bytes: borrowing [UInt8], _ range: Range<Int>) {
    let span = unsafe bytes.span.bytes
    let end = min(range.upperBound, range.lowerBound + Self.longest)
    let hash = hash(span, range.lowerBound..<end)
    var slot = place(of: hash)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if entries[index].hash == hash, isSame(entries[index], span, range.lowerBound, end) {
        entries[index].seen += 1
        entries[index].weight += 1
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    entries.append(Entry(start: letters.count, length: end - range.lowerBound, hash: hash, seen: 1, weight: 1))
    letters.append(contentsOf: bytes[range.lowerBound..<end])
    slots[slot] = Int32(entries.count)
    if entries.count > capacity { makeRoom() } else if entries.count * 2 > slots.count { place(slots.count * 2) }
  }

  mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(bytes, 0..<bytes.count)
  }

  /// The most frequent ones, by count and then by text.
  func top(_ number: Int) -> [Count] {
    entries.sorted { left, right in
      left.seen != right.seen
        ? left.seen > right.seen
        : letters[left.start..<(left.start + left.length)].lexicographicallyPrecedes(
          letters[right.start..<(right.start + right.length)])
    }.prefix(max(0, number)).map { entry in
      let text = String(decoding: letters[entry.start..<(entry.start + entry.length)], as: UTF8.self)
      return Count(text: entry.length == Self.longest ? text + "…" : text, count: entry.seen)
    }
  }

  /// Takes the middle weight from all and lets those go that have none left: at least half of them.
  private mutating func makeRoom() {
    let middle = entries.map(\.weight).sorted()[entries.count / 2]
    mostMissed += middle
    var kept: [UInt8] = []
    kept.reserveCapacity(letters.count / 2)
    entries = entries.compactMap { entry in
      guard entry.weight > middle else { return nil }
      var moved = entry
      moved.weight -= middle
      moved.start = kept.count
      kept.append(contentsOf: letters[entry.start..<(entry.start + entry.length)])
      return moved
    }
    letters = kept
    place(slots.count)
  }

  /// Every entry into one of `count` slots.
  private mutating func place(_ count: Int) {
    slots = [Int32](repeating: 0, count: count)
    for (index, entry) in entries.enumerated() {
      var slot = place(of: entry.hash)
      while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
      slots[slot] = Int32(index + 1)
    }
  }

  private func place(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1) }

  private func isSame(_ entry: Entry, _ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
    guard entry.length == end - start else { return false }
    let known = unsafe letters.span.bytes
    var offset = 0
    while offset &+ 8 <= entry.length {
      guard known.word(entry.start + offset) == span.word(start + offset) else { return false }
      offset &+= 8
    }
    while offset < entry.length {
      guard known.byte(entry.start + offset) == span.byte(start + offset) else { return false }
      offset &+= 1
    }
    return true
  }

  /// Eight bytes a step, multiplied wide and folded.
  private func hash(_ span: RawSpan, _ range: Range<Int>) -> UInt64 {
    var hash = seed ^ UInt64(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      var word: UInt64 = 0
      if range.upperBound &- index >= 8 {
        word = span.word(index)
      } else {
        for offset in 0..<(range.upperBound - index) {
          word |= UInt64(span.byte(index + offset)) << (8 * UInt64(offset))
        }
      }
      let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      hash = product.high ^ product.low ^ seed
      index += 8
    }
    return hash
  }
}

extension RawSpan {
  /// Eight bytes, the first lowest.
  @inline(__always)
  fileprivate func word(_ index: Int) -> UInt64 {
    UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
  }
}
