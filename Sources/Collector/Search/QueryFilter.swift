// What an administrator asks for: values by field, any of which may match, and how they become single questions.

internal import IntakeCore

/// The filters of Get-MessageTrace and Get-MessageTraceV2. Several values of a field mean any of them, fields are joined
/// by `and`. Texts are compared without regard to case, IP addresses by value.
package struct QueryFilter: Sendable, Equatable {
  /// In the order of how few rows a value usually leaves.
  package enum Field: String, CaseIterable, Sendable {
    case traceID, messageID, recipient, sender, fromIP, toIP, subject, status
  }

  package enum SubjectTest: String, CaseIterable, Sendable {
    case contains
    case startsWith = "starts-with"
    case endsWith = "ends-with"
  }

  package var values: [Field: [String]]
  package var subjectTest: SubjectTest
  /// True if an asterisk in a subject stands for any text. A subject with one is then the whole subject.
  package var subjectsArePatterns: Bool

  package init(
    _ values: [Field: [String]] = [:], subjectTest: SubjectTest = .contains, subjectsArePatterns: Bool = false
  ) {
    self.values = values.filter { !$0.value.isEmpty }
    self.subjectTest = subjectTest
    self.subjectsArePatterns = subjectsArePatterns
  }

  /// Neither service knows `or` (Graph reads it and keeps the last value), so each value is a question of its own.
  /// - Parameter canFilter: whether the service filters by this field and value; what it does not is filtered here.
  func questions(_ canFilter: (Field, String) -> Bool) -> [QueryTerms] {
    var first = QueryTerms(values: [:], subjectTest: subjectTest)
    if let wanted = values[.recipient], !wanted.allSatisfy({ canFilter(.recipient, $0) }) { first.recipients = wanted }
    var questions = [first]
    for field in Field.allCases {
      guard let wanted = values[field].flatMap({ asked($0, field, canFilter) }) else { continue }
      guard questions.count * wanted.count <= Self.maxQueries else { continue }
      questions = questions.flatMap { question in
        wanted.map { value in
          var terms = question
          terms.values[field] = value
          return terms
        }
      }
    }
    return questions
  }

  /// What the service is asked for each value, each once; nil if it cannot narrow the search to one of them. A pattern that it
  /// does not know becomes its domain, which leaves more rows to filter here.
  private func asked(_ wanted: [String], _ field: Field, _ canFilter: (Field, String) -> Bool) -> [String]? {
    var asked: [String] = []
    for value in wanted {
      guard let narrowed = narrowed(value, field, canFilter) else { return nil }
      if !asked.contains(where: { $0.lowercased() == narrowed.lowercased() }) { asked.append(narrowed) }
    }
    return asked
  }

  private func narrowed(_ value: String, _ field: Field, _ canFilter: (Field, String) -> Bool) -> String? {
    switch field {
    case .subject where subjectsArePatterns && Wildcard.isPattern(value): nil
    case .sender, .recipient:
      canFilter(field, value) ? value : Wildcard.domain(of: value).flatMap { canFilter(field, $0) ? $0 : nil }
    default: canFilter(field, value) ? value : nil
    }
  }

  /// True if whatever answers a question is wanted: nothing is left to filter here.
  func isAnswered(by terms: QueryTerms) -> Bool {
    values.allSatisfy { field, wanted in terms.values[field].map(wanted.contains) ?? false }
  }

  /// The most queries of one search: beyond it a field is filtered here. About one quota of Graph (`TraceService`).
  static let maxQueries = 100
}

/// One question: at most one value a field, all of which must match.
package struct QueryTerms: Sendable, Equatable {
  package var values: [QueryFilter.Field: String]
  package var subjectTest: QueryFilter.SubjectTest
  /// Recipients of which any may match, where the service does not filter by a single one. They only narrow what it sends.
  package var recipients: [String] = []
  /// How many rows are enough, where the service filters by all that is asked; nil for whole pages.
  package var most: Int?

  package init(values: [QueryFilter.Field: String], subjectTest: QueryFilter.SubjectTest = .contains) {
    self.values = values
    self.subjectTest = subjectTest
  }

  /// Without the fields whose filters Graph may not support, by contradictory sources; nil if none is used. For a query
  /// that the service refused: it returns more rows then, and they are filtered here.
  var withoutDoubtful: QueryTerms? {
    var terms = self
    for field in [QueryFilter.Field.fromIP, .toIP, .subject, .status] { terms.values[field] = nil }
    guard terms != self else { return nil }
    terms.most = nil
    return terms
  }
}
