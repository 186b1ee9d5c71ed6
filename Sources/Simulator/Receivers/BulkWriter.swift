// The lines of one `_bulk` request and what becomes of each event.

internal import Glibc
internal import IntakeCore

/// Writes the events of one request and words its answer.
struct BulkWriter {
  let body: [UInt8]
  let index: String?
  let faults: ReceiverFaults
  let received: ReceivedEvents

  /// One action with its event.
  private struct Item {
    var index: String
    var id: Range<Int>?
    var isCreate: Bool
    var event: Range<Int>
  }

  /// The answer's body; nil where a line is no action.
  func run() -> String? {
    guard let items = items() else { return nil }
    let span = unsafe body.span.bytes
    var isFailing = false
    var text = ""
    text.reserveCapacity(items.count * 32 + 64)
    received.update(.elastic) { receipt in
      for (number, item) in items.enumerated() {
        let (status, error) = write(item, number, span, &receipt)
        isFailing = isFailing || status >= 300
        text += text.isEmpty ? "" : ","
        text += #"{"\#(item.isCreate ? "create" : "index")":{"#
        if let error { text += #""status":\#(status),"error":\#(error)}}"# } else { text += #""status":\#(status)}}"# }
      }
    }
    return #"{"errors":\#(isFailing),"took":1,"items":[\#(text)]}"#
  }

  private func write(_ item: Item, _ number: Int, _ span: RawSpan, _ receipt: inout Receipt) -> (Int, String?) {
    if let status = faults.status(ofItem: number, body[item.event]) {
      if status < 429 { receipt.refused += 1 }
      return (status, Self.error(status))
    }
    var end = item.event.lowerBound
    guard span.byte(end) == .openBrace, (try? span.skipValue(&end)) != nil, end == item.event.upperBound else {
      receipt.refused += 1
      return (400, #"{"type":"document_parsing_exception","reason":"failed to parse"}"#)
    }
    if let id = item.id {
      let isNew = receipt.ids[item.index, default: []].insert(DocumentIdentity.of(span, id)).inserted
      guard isNew || !item.isCreate else {
        receipt.conflicts += 1
        return (409, #"{"type":"version_conflict_engine_exception","reason":"document already exists"}"#)
      }
    }
    received.store(body[item.event], at: item.index, in: &receipt)
    return (201, nil)
  }

  private static func error(_ status: Int) -> String {
    switch status {
    case 429: #"{"type":"es_rejected_execution_exception","reason":"rejected execution of coordinating operation"}"#
    case 403: #"{"type":"security_exception","reason":"action [indices:data/write/bulk[s]] is unauthorized"}"#
    case 404: #"{"type":"index_not_found_exception","reason":"no such index"}"#
    case 400:
      #"{"type":"document_parsing_exception","reason":"[1:2] failed to parse field [source.ip] of type [ip]","caused_by":{"type":"illegal_argument_exception","reason":"'x' is not an IP string literal."}}"#
    default: #"{"type":"unavailable_shards_exception","reason":"primary shard is not active"}"#
    }
  }

  private func items() -> [Item]? {
    let span = unsafe body.span.bytes
    var items: [Item] = []
    var start = 0
    while start < body.count {
      let end = lineEnd(from: start)
      guard end > start else {
        start += 1
        continue
      }
      guard var item = action(span, start..<end), end + 1 < body.count else { return nil }
      let last = lineEnd(from: end + 1)
      item.event = (end + 1)..<last
      items.append(item)
      start = last + 1
    }
    return items
  }

  /// Where the line that `start` is in ends: its LF, or the end.
  private func lineEnd(from start: Int) -> Int {
    unsafe body.withUnsafeBytes { bytes in
      guard start < bytes.count, let base = bytes.baseAddress,
        let found = unsafe memchr(base + start, Int32(UInt8.lineFeed), bytes.count - start)
      else { return bytes.count }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// `{"create":{"_index":"i","_id":"x"}}`
  private func action(_ span: RawSpan, _ line: Range<Int>) -> Item? {
    var item = Item(index: index ?? "", id: nil, isCreate: false, event: 0..<0)
    var isKnown = false
    var place = line.lowerBound
    do throws(JSONFault) {
      try span.forEachMember(&place) { key, place throws(JSONFault) in
        item.isCreate = span.matches(key.lowerBound, "create\"")
        isKnown = item.isCreate || span.matches(key.lowerBound, "index\"")
        try span.forEachMember(&place) { name, place throws(JSONFault) in
          let start = place
          try span.skipValue(&place)
          guard span.byte(start) == .quote else { return }
          if span.matches(name.lowerBound, "_id\"") { item.id = (start + 1)..<(place - 1) }
          if span.matches(name.lowerBound, "_index\"") {
            item.index = String(decoding: body[(start + 1)..<(place - 1)], as: UTF8.self)
          }
        }
      }
    } catch {
      return nil
    }
    return isKnown && !item.index.isEmpty ? item : nil
  }
}
