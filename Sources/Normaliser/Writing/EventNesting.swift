// A flat line as nested JSON. Runs after the event is written, and only where nesting is asked for.

internal import IntakeCore

/// Rewrites lines by one `Nesting`; reuses its memory from line to line.
struct EventNesting: Sendable {
  private struct Member {
    /// The dotted name without its quotes.
    var name: Range<Int>
    var value: Range<Int>
  }

  private let lists: [[UInt8]]
  private let prefix: [UInt8]
  private let object: [UInt8]
  private var flat: [UInt8] = []
  private var members: [Member] = []
  private var output: [UInt8] = []
  /// Where each value has moved, by its place in `members`.
  private var moved: [Int] = []

  init(_ nesting: Nesting) {
    lists = nesting.lists.map { Array($0.utf8) }
    prefix = nesting.open.prefix.isEmpty ? [] : Array("\(nesting.open.prefix).".utf8)
    object = Array(nesting.open.object.utf8)
  }

  /// Replaces the line that begins at `start`.
  mutating func rewrite(_ line: inout LineWriter, from start: Int, _ event: inout EventWriter) {
    guard !line.overflowed else { return }
    flat = line.read { bytes in (start..<bytes.byteCount).map { bytes.byte($0) } }
    output.removeAll(keepingCapacity: true)
    members = Self.members(of: flat)
    moved = [Int](repeating: 0, count: members.count)
    writeObject(Array(members.indices), from: 0, at: 0)
    output.append(.lineFeed)
    line.drop(to: start)
    line.append(unsafe output.span.bytes, 0, output.count)
    event.status = place(of: event.status)
    event.outcome = place(of: event.outcome)
  }

  /// The members of a line that was written a moment ago, and so is an object.
  private static func members(of line: [UInt8]) -> [Member] {
    let span = unsafe line.span.bytes
    var members: [Member] = []
    var index = 0
    try? span.forEachMember(&index) { name, index throws(JSONFault) in
      let first = index
      try span.skipLoosely(&index)
      members.append(Member(name: name, value: first..<index))
    }
    return members
  }

  /// The same value in the new line.
  private func place(of range: Range<Int>) -> Range<Int> {
    guard let index = members.firstIndex(where: { $0.value.contains(range.lowerBound) }), !range.isEmpty else {
      return 0..<0
    }
    let shift = moved[index] - members[index].value.lowerBound
    return (range.lowerBound + shift)..<(range.upperBound + shift)
  }

  /// Writes members that share their names up to `depth`, which is where the next key begins in each of them.
  /// - Parameter level: of the object; 0 for the event.
  private mutating func writeObject(_ indices: [Int], from depth: Int, at level: Int) {
    output.append(.openBrace)
    var rest = indices
    var isFirst = true
    while let first = rest.first {
      let key = key(of: members[first], from: depth, at: level)
      let group = rest.filter { self.key(of: members[$0], from: depth, at: level).elementsEqual(key) }
      rest.removeAll { group.contains($0) }
      if !isFirst { output.append(.comma) }
      isFirst = false
      output.append(.quote)
      output += key
      output += [.quote, .colon]
      write(group, first, from: end(of: first, from: depth, at: level), at: level)
    }
    output.append(.closeBrace)
  }

  /// A value, or the object of all members with the same key.
  private mutating func write(_ group: [Int], _ first: Int, from end: Int, at level: Int) {
    let member = members[first]
    let isValue = end == member.name.upperBound
    let isList = lists.contains { flat[member.name.lowerBound..<end].elementsEqual($0) }
    if isList { output.append(.openBracket) }
    if isValue {
      moved[first] = output.count
      output += flat[member.value]
    } else {
      writeObject(group, from: end + 1 - member.name.lowerBound, at: level + 1)
    }
    if isList { output.append(.closeBracket) }
  }

  /// - Parameter depth: counted from the beginning of the name.
  private func key(of member: Member, from depth: Int, at level: Int) -> ArraySlice<UInt8> {
    if isOpen(member) {
      return level == 0 ? object[...] : flat[(member.name.lowerBound + prefix.count)..<member.name.upperBound]
    }
    let rest = flat[(member.name.lowerBound + depth)..<member.name.upperBound]
    return rest.prefix { $0 != UInt8(ascii: ".") }
  }

  /// Where the key ends in the line; for the object of open names, before the name in it.
  private func end(of index: Int, from depth: Int, at level: Int) -> Int {
    let member = members[index]
    if isOpen(member) { return level == 0 ? member.name.lowerBound + prefix.count - 1 : member.name.upperBound }
    return key(of: member, from: depth, at: level).endIndex
  }

  private func isOpen(_ member: Member) -> Bool {
    !prefix.isEmpty && flat[member.name].starts(with: prefix)
  }
}
