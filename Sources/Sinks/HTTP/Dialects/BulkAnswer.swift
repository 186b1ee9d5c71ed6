// The answer of `_bulk`: one status for each event, read by byte.

internal import HTTPTransport
internal import IntakeCore

/// What `_bulk` says of each event.
struct BulkAnswer {
  /// Statuses by event, and where the answer says why one was not created.
  private var items: [(status: Int, error: Range<Int>)] = []
  private let bytes: [UInt8]

  /// A longer error is not looked into: the server's own have a few hundred bytes.
  private static let longestError = 65_536

  /// nil if the bytes are not an answer about so many events.
  init?(_ bytes: [UInt8], count: Int) {
    self.bytes = bytes
    let span = unsafe bytes.span.bytes
    var index = 0
    items.reserveCapacity(count)
    do throws(JSONFault) {
      span.skipSpace(&index)
      try span.forEachMember(&index) { key, index throws(JSONFault) in
        guard span.matches(key.lowerBound, "items\""), span.byte(index) == .openBracket else {
          return try span.skipLoosely(&index)
        }
        try readItems(span, &index, count: count)
      }
    } catch {
      return nil
    }
    guard items.count == count else { return nil }
  }

  private mutating func readItems(_ span: RawSpan, _ index: inout Int, count: Int) throws(JSONFault) {
    try span.expect(.openBracket, &index)
    while span.byte(index) != .closeBracket {
      var item = (status: 0, error: 0..<0)
      // {"create":{"status":201}}
      try span.forEachMember(&index) { _, index throws(JSONFault) in
        try span.forEachMember(&index) { key, index throws(JSONFault) in
          let start = index
          try span.skipLoosely(&index)
          if span.matches(key.lowerBound, "status\"") {
            item.status = Self.number(span, start..<index)
          } else if span.matches(key.lowerBound, "error\"") {
            item.error = start..<index
          }
        }
      }
      guard items.count < count else { throw JSONFault(index, .unexpectedByte) }
      items.append(item)
      span.skipSpace(&index)
      if span.byte(index) == .comma { try span.expect(.comma, &index) }
    }
    index += 1
  }

  private static func number(_ span: RawSpan, _ range: Range<Int>) -> Int {
    guard range.count == 3 else { return 0 }
    return range.reduce(0) { $0 * 10 + Int(span.byte($1) &- 0x30 <= 9 ? span.byte($1) - 0x30 : 0) }
  }

  private func error(_ range: Range<Int>) -> JSONValue? {
    range.isEmpty || range.count > Self.longestError ? nil : try? JSONValue(parsing: Array(bytes[range]))
  }

  /// 201 and 409 are done; 429 and 5xx come again; 401, 403 and 404 stop the sink; other statuses set the event aside.
  func verdict(_ request: Request) throws(Failure) -> HTTPVerdict {
    var refused: [Refusal] = []
    var again: [Int] = []
    var reason: Failure?
    for (index, item) in items.enumerated() where !Self.isThere(item.status) {
      let error = error(item.error)
      switch item.status {
      case 429, 500..<600:
        again.append(index)
        reason = reason ?? Self.later(request, item.status)
      // A full disk, or more shards than the cluster may have: of the cluster, not of the event.
      case 403 where Self.type(error) == "cluster_block_exception",
        400 where Self.type(error) == "validation_exception":
        again.append(index)
        reason = reason ?? Self.blocked(request)
      case 401, 403: throw Self.denied(request, item.status)
      case 404: throw Self.noIndex(request)
      case 400..<500:
        let kind = Self.type(error) ?? "http-\(item.status)"
        refused.append(Refusal(index: index, kind: kind, reason: words(item)))
      default: throw StatusMeaning.unreadable(request)
      }
    }
    if refused.isEmpty && again.isEmpty { return .taken(receipt: nil) }
    return .mixed(refused: refused, again: again, reason: reason)
  }

  private static func isThere(_ status: Int) -> Bool { (200..<300).contains(status) || status == 409 }

  /// The type of an error, such as `document_parsing_exception`: one word of the server's code, nothing of the event.
  static func type(_ error: JSONValue?) -> String? {
    guard let type = error?["type"]?.string, (1...80).contains(type.utf8.count),
      type.utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) })
    else { return nil }
    return type
  }

  private func words(_ item: (status: Int, error: Range<Int>)) -> String {
    item.error.isEmpty ? "HTTP \(item.status)" : String(decoding: bytes[item.error].prefix(2_000), as: UTF8.self)
  }

  private static func later(_ request: Request, _ status: Int) -> Failure {
    Failure(
      status == 429 ? "sink.http.throttled" : "sink.http.busy", exit: .tryLater,
      "\(request.purpose): the server does not take all events now (HTTP \(status) for single events).",
      hint: "Retried automatically; if this persists, check the cluster's health and its write queue.",
      recovery: .later(after: nil))
  }

  private static func blocked(_ request: Request) -> Failure {
    Failure(
      "sink.elastic.blocked", exit: .tryLater, "\(request.purpose): the index is blocked, or cannot be made.",
      hint: "Check the disk space and the number of shards of the cluster, and the index's block settings.",
      recovery: .later(after: nil))
  }

  private static func denied(_ request: Request, _ status: Int) -> Failure {
    StatusMeaning.refused(
      request, status, "the credential may not create events in this index",
      hint: "Give it the privileges create_doc and auto_configure on the index or its pattern.")
  }

  private static func noIndex(_ request: Request) -> Failure {
    Failure(
      "sink.elastic.no_index", exit: .configuration,
      "\(request.purpose): the index does not exist and is not created automatically.",
      hint: "Create it or its template, or allow it in action.auto_create_index.")
  }
}
