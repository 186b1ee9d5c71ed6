// Shortens an event that is too long for its receiver: its largest fields are dropped, a label marks it, it stays JSON.

internal import IntakeCore

enum EventShrinking {
  /// Fields that identify the event and its subject: dropped last.
  private static let kept: [StaticString] = [
    "\"@timestamp\"", "\"event.action\"", "\"event.outcome\"", "\"event.kind\"", "\"event.dataset\"",
    "\"event.provider\"", "\"ecs.version\"",
    "\"_time\"", "\"action\"", "\"o365.dataset\"", "\"metadata.event_timestamp\"", "\"metadata.event_type\"",
  ]
  /// The event's id in each profile; `metadata` holds it where events are nested.
  private static let ids: [StaticString] = [
    "\"event.id\"", "\"event_id\"", "\"metadata.product_log_id\"", "\"metadata\"",
  ]
  private static let mark = Array("\"labels.truncated\":\"true\"".utf8)

  /// The object without its largest members, so that it fits `limit`: with the mark alone if need be, which takes 27 bytes.
  static func shrink(_ json: [UInt8], to limit: Int) -> [UInt8] {
    let members = members(of: json)
    let ranks = members.map { unsafe rank($0, json.span.bytes) }
    let order = members.indices.sorted {
      (ranks[$0], members[$1].count, $0) < (ranks[$1], members[$0].count, $1)
    }
    var size = members.reduce(2 + mark.count) { $0 + $1.count + 1 }
    var dropped: Set<Int> = []
    for index in order where size > limit {
      size -= members[index].count + 1
      dropped.insert(index)
    }
    var output: [UInt8] = [.openBrace]
    for (index, member) in members.enumerated() where !dropped.contains(index) {
      output.append(contentsOf: json[member])
      output.append(.comma)
    }
    output.append(contentsOf: mark)
    output.append(.closeBrace)
    return output
  }

  /// Lower ones go first.
  private static func rank(_ member: Range<Int>, _ span: RawSpan) -> Int {
    if ids.contains(where: { span.matches(member.lowerBound, $0) }) { return 2 }
    return kept.contains { span.matches(member.lowerBound, $0) } ? 1 : 0
  }

  /// Each `"name":value` of the object; none if it is no object.
  private static func members(of json: [UInt8]) -> [Range<Int>] {
    let span = unsafe json.span.bytes
    var members: [Range<Int>] = []
    var index = 0
    do {
      try span.forEachMember(&index) { key, index throws(JSONFault) in
        try span.skipLoosely(&index)
        members.append((key.lowerBound - 1)..<index)
      }
    } catch { return [] }
    return members
  }
}
