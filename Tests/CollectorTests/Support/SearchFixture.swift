// A tenant of 100,000 rows, questions about it, and the right answers, found without the code under test.

import HTTPTransport
import IntakeCore
import Simulator

@testable import Collector

/// Everything is there and settled; the clock stands still.
struct SearchFixture: Sendable {
  static let shared = SearchFixture()

  let now = Instant(seconds: 1_790_000_000)
  let tenant: SimulatedTenant
  /// Oldest first.
  let rows: [SimulatedRow]
  /// All rows of each message with more than 1,000 recipients.
  let crowds: [[SimulatedRow]]

  private init() {
    let tenant = SimulatedTenant(
      seed: 42, messages: 78_000, window: Window(start: now - .seconds(40 * 3_600), end: now - .seconds(60)),
      knobs: TenantKnobs(lateShare: 0, maximumDelay: .zero, statusChangeShare: 0, crowdEvery: 70_000, crowdSize: 3_000))
    self.tenant = tenant
    let messages = (0..<tenant.messages).map { tenant.rows(of: $0) }
    rows = messages.flatMap { $0 }
    crowds = messages.filter { $0.count > 1_000 }
  }

  /// Serves the tenant for all tests, until the process ends: to generate 100,000 rows takes seconds.
  func serve() throws(Failure) -> SimulatorServer { try Self.server.get() }

  private static let server = Result { () throws(Failure) -> SimulatorServer in
    let now = shared.now
    var settings = SimulatorSettings(tenant: shared.tenant, time: TimeSource(now: { now }))
    settings.quota = .off
    return try SimulatorServer.start(settings)
  }

  func source(_ mode: Mode, _ server: SimulatorServer) throws(Failure) -> any DetailedSearching {
    let settings = server.settings
    let now = now
    let time = TimeSource(now: { now })
    switch mode {
    case .graph:
      let credential = Credential.clientSecret(
        tenant: settings.tenant.name, clientID: settings.clientID, secret: Secret(settings.clientSecret),
        authority: server.authorityURL)
      return try GraphSource(
        root: server.graphURL, credential: credential, time: time, log: .silent, quota: QuotaLimit(requests: 1_000_000))
    case .reporting:
      return try ReportingSource(
        endpoint: server.reportingURL,
        credential: .basic(username: settings.username, password: Secret(settings.password)), time: time,
        log: .silent, quota: QuotaLimit(requests: 1_000_000))
    }
  }

  /// One to three fields with one to three values each, taken from rows of the span or from elsewhere.
  func question(_ dice: inout Lottery) -> Question {
    let target = rows[Int.random(in: 0..<rows.count, using: &dice)]
    let span = [2, 10, 60, 300, 1_200].randomElement(using: &dice) ?? 60
    let start = target.message.received - .seconds(Int.random(in: 0...span, using: &dice))
    let end = min(now, start + .seconds(span))
    let test = QueryFilter.SubjectTest.allCases.randomElement(using: &dice) ?? .contains
    var values: [QueryFilter.Field: [String]] = [:]
    for _ in 0..<Int.random(in: 0...3, using: &dice) {
      guard let field = QueryFilter.Field.allCases.randomElement(using: &dice) else { continue }
      var wanted = [value(field, of: target, test, &dice)]
      for _ in 0..<Int.random(in: 0...2, using: &dice) {
        let other = neighbors(start, end).randomElement(using: &dice) ?? target
        wanted.append(value(field, of: other, test, &dice))
      }
      values[field] = wanted.compactMap { $0 }
    }
    return Question(filter: QueryFilter(values, subjectTest: test), start: start, end: end)
  }

  func truth(_ question: Question, _ mode: Mode) -> Set<Answer> {
    var answers: Set<Answer> = []
    for row in neighbors(question.start, question.end) {
      guard let status = row.status(at: now) else { continue }
      let fits = question.filter.values.allSatisfy { field, wanted in
        wanted.contains { has(row, status, field, $0, question.filter.subjectTest, mode) }
      }
      if fits { answers.insert(Answer(row, status)) }
    }
    return answers
  }

  /// Rows received between two instants, both inclusive, in milliseconds: no finer do both services tell time.
  private func neighbors(_ start: Instant, _ end: Instant) -> ArraySlice<SimulatedRow> {
    let (start, end) = (start.ticks / 10_000, end.ticks / 10_000)
    let first = place { $0.message.received.ticks / 10_000 < start }
    return rows[first..<max(first, place { $0.message.received.ticks / 10_000 <= end })]
  }

  private func place(_ isBefore: (SimulatedRow) -> Bool) -> Int {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(rows[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func value(
    _ field: QueryFilter.Field, of row: SimulatedRow, _ test: QueryFilter.SubjectTest, _ dice: inout Lottery
  ) -> String? {
    let text: String? =
      switch field {
      case .traceID: row.message.traceID
      case .messageID: row.message.messageID
      case .recipient: dice.next() % 8 == 0 ? domain(row.recipient) : row.recipient
      case .sender: dice.next() % 8 == 0 ? domain(row.message.sender) : row.message.sender
      case .fromIP: row.message.fromIP
      case .toIP: row.toIP
      case .status: row.status(at: now)?.rawValue
      case .subject: part(row.message.subject ?? "x", test, &dice)
      }
    guard let text, !text.isEmpty else { return nil }
    return dice.next() % 4 == 0 && text.utf8.allSatisfy { $0 < 0x80 } ? text.uppercased() : text
  }

  private func domain(_ address: String) -> String {
    address.lastIndex(of: "@").map { "*" + address[$0...] } ?? address
  }

  private func part(_ subject: String, _ test: QueryFilter.SubjectTest, _ dice: inout Lottery) -> String {
    guard !subject.isEmpty else { return "nothing holds this" }
    let length = Int.random(in: 1...min(12, subject.count), using: &dice)
    switch test {
    case .startsWith: return String(subject.prefix(length))
    case .endsWith: return String(subject.suffix(length))
    case .contains: return String(subject.dropFirst((subject.count - length) / 2).prefix(length))
    }
  }

  private func has(
    _ row: SimulatedRow, _ status: SimulatedStatus, _ field: QueryFilter.Field, _ wanted: String,
    _ test: QueryFilter.SubjectTest, _ mode: Mode
  ) -> Bool {
    let wanted = wanted.lowercased()
    switch field {
    case .traceID: return row.message.traceID == wanted
    case .messageID: return row.message.messageID?.lowercased() == wanted
    case .recipient: return isAt(row.recipient, wanted)
    case .sender: return isAt(row.message.sender, wanted)
    case .fromIP:
      let isHidden = mode == .reporting && row.message.kind == .bounce
      return !isHidden && row.message.fromIP?.lowercased() == wanted
    case .toIP: return row.toIP?.lowercased() == wanted
    case .status: return status.rawValue.lowercased() == wanted
    case .subject:
      let subject = (row.message.subject ?? "").lowercased()
      switch test {
      case .contains: return subject.contains(wanted)
      case .startsWith: return subject.hasPrefix(wanted)
      case .endsWith: return subject.hasSuffix(wanted)
      }
    }
  }

  private func isAt(_ address: String, _ wanted: String) -> Bool {
    let address = address.lowercased()
    return wanted.hasPrefix("*@") ? address.hasSuffix(wanted.dropFirst()) : address == wanted
  }
}
