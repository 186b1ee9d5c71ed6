// The rows of a search so far: each once, whatever windows, pages and questions it came in.

internal import IntakeCore

/// What has been found and not yet given out.
struct FoundRows {
  var unreadable = 0
  /// Rows that the question in hand has given.
  private(set) var inQuestion = 0
  private var rows: [[UInt8]: QueryRow] = [:]
  private var perMessage: [String: Int] = [:]

  private var question = 0
  private var lastQuestion: [[UInt8]: Int] = [:]
  /// What tells the rows apart that were given out.
  private var released: Set<Identity> = []

  mutating func beginQuestion() {
    inQuestion = 0
    question += 1
  }

  /// Of two states of one row the later answer counts; a row that comes twice in one question counts once.
  mutating func take(_ row: QueryRow) {
    let key = row.key
    guard released.isEmpty || !released.contains(Self.identity(key)) else { return }
    if lastQuestion.updateValue(question, forKey: key) != question { inQuestion += 1 }
    if rows.updateValue(row, forKey: key) == nil { perMessage[row.traceID, default: 0] += 1 }
  }

  /// One row of each message with `LargeRecipientLists.limit` rows or more.
  var crowds: [QueryRow] {
    let ids = perMessage.filter { $0.value >= LargeRecipientLists.limit && !$0.key.isEmpty }.map(\.key).sorted()
    return ids.compactMap { id in rows.values.first { $0.traceID == id } }
  }

  /// Gives out the rows that are newer than `limit`, all where it is nil, in order; they are known from then on.
  mutating func release(newerThan limit: Instant?) -> [QueryRow] {
    let ripe = rows.filter { _, row in limit.map { (row.received ?? .latest) > $0 } ?? true }
    for (key, row) in ripe {
      rows[key] = nil
      lastQuestion[key] = nil
      perMessage[row.traceID] = nil
      released.insert(Self.identity(key))
    }
    return Self.sorted(ripe.values)
  }

  private static func identity(_ key: [UInt8]) -> Identity {
    var hash = SHA256()
    hash.update(key)
    let words = hash.finish()
    return Identity(high: words.0, low: words.1)
  }

  private static func sorted(_ rows: some Sequence<QueryRow>) -> [QueryRow] {
    rows.sorted { left, right in
      let (first, second) = (left.received ?? .latest, right.received ?? .latest)
      guard first == second else { return first > second }
      guard left.recipient == right.recipient else { return left.recipient < right.recipient }
      return left.traceID < right.traceID
    }
  }

  func result(most: Int?) -> QueryResult {
    let sorted = Self.sorted(rows.values)
    guard let most, sorted.count > most else {
      return QueryResult(rows: sorted, hasMore: false, unreadable: unreadable)
    }
    return QueryResult(rows: Array(sorted.prefix(most)), hasMore: true, unreadable: unreadable)
  }
}
