// An event too long for its receiver loses its largest fields, says so, and stays JSON.

internal import IntakeCore

enum EventShrinking {
  /// What tells the event apart and what it is about: never dropped.
  private static let kept: Set<String> = [
    "\"@timestamp\"", "\"event.id\"", "\"event.action\"", "\"event.outcome\"", "\"event.kind\"", "\"event.dataset\"",
    "\"event.provider\"", "\"ecs.version\"",
  ]
  private static let mark = Array("\"labels.truncated\":\"true\"".utf8)

  /// The object without its largest members, until it fits `limit`; as it was if it is no flat object.
  static func shrink(_ json: [UInt8], to limit: Int) -> [UInt8] {
    guard var members = members(of: json) else { return json }
    var size = members.reduce(2 + mark.count) { $0 + $1.count + 1 }
    while size > limit {
      let droppable = members.indices.filter { !isKept(json[members[$0]]) }
      guard let largest = droppable.max(by: { members[$0].count < members[$1].count }) else { break }
      size -= members[largest].count + 1
      members.remove(at: largest)
    }
    var output: [UInt8] = [0x7B]
    for member in members {
      output.append(contentsOf: json[member])
      output.append(0x2C)
    }
    output.append(contentsOf: mark)
    output.append(0x7D)
    return output
  }

  private static func isKept(_ member: ArraySlice<UInt8>) -> Bool {
    kept.contains { member.starts(with: $0.utf8) }
  }

  /// Each `"name":value` of the object.
  private static func members(of json: [UInt8]) -> [Range<Int>]? {
    let span = unsafe json.span.bytes
    guard span.byte(0) == 0x7B else { return nil }
    var members: [Range<Int>] = []
    var index = 1
    while span.byte(index) == 0x22 {
      let start = index
      guard (try? span.skipKey(&index)) != nil, (try? span.skipLoosely(&index)) != nil else { return nil }
      members.append(start..<index)
      guard span.byte(index) == 0x2C else { break }
      index += 1
    }
    return span.byte(index) == 0x7D && !members.isEmpty ? members : nil
  }
}
