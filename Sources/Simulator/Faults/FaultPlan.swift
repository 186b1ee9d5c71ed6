// Simulated faults and when they occur; the same plan gives the same faults.

/// What one request meets. Several rules may hit the same request; the first that replaces the answer wins.
package enum Fault: Sendable, Equatable {
  package enum RetryAfter: Sendable, Equatable {
    case seconds(Int)
    /// As an HTTP-date, so long after the simulated clock.
    case date(Duration)
    /// This very text.
    case text(String)
  }

  // Before the request is looked at.
  /// Real waiting time.
  case latency(Duration)
  /// Every token given out so far stops working.
  case tokenRevoked
  /// From now on receivers accept only the credentials of `SimulatorSettings.replaced`.
  case credentialReplaced

  // Instead of an answer.
  /// 429, with the service's quota text.
  case throttled(RetryAfter?)
  /// Any status with an error body, such as 503.
  case status(Int)
  /// A proxy's login page with status 200.
  case html
  case redirect(String)
  /// Any answer.
  case answer(Int, type: String, body: String)
  /// Any bytes on the wire, then a close.
  case raw([UInt8])
  /// This status for requests that follow a next link; others neither meet it nor are counted.
  case expiredLink(Int)

  // In a page.
  /// No rows, and a next link that gives them.
  case emptyPage
  /// The next link of this page leads to this page.
  case repeatedLink
  /// This page of Graph has no next link, although rows are missing.
  case noLink
  /// The next link names this origin, such as `http://evil.test`.
  case foreignLink(String)
  /// The next page begins with the last row of this one.
  case duplicateRow
  /// Queries by time leave out all recipients of a message beyond so many; queries by its id do not.
  case cutRecipients(Int)
  /// The first row has an undocumented status.
  case unknownStatus
  /// Rows have an undocumented property.
  case unknownProperty
  /// Graph gives null where it gives empty strings.
  case nullForEmpty
  /// Received times have seven fraction digits on Graph, and a `Z` on the Reporting Web Service.
  case otherTimeSpelling

  // In a request with events.
  /// Each so-manieth event of a request gets this status; only where the service answers for single events.
  case items(Int, every: Int)
  /// Events that hold this text are refused for good.
  case refusedEvents(String)
  /// 413 for bodies with more bytes, unpacked.
  case bodyCap(Int)
  /// Events are answered as taken, and neither stored nor confirmed.
  case forgotten
  /// Events are stored, and never confirmed.
  case neverConfirmed

  // On the way back.
  /// So many bytes of the answer, its head included, then a reset.
  case cut(Int)
  /// Half of the body, then an orderly close.
  case truncated
  /// Half of the body, then a reset.
  case reset
  /// The body as `Content-Encoding: gzip` (stored blocks), for clients that accept it.
  case gzip
  /// The same with a wrong checksum, for any client.
  case brokenGzip
  /// The `Date` header is off by so much.
  case dateSkew(Duration)
  case noDate
}

/// When a fault happens.
package struct FaultRule: Sendable {
  package enum When: Sendable, Equatable {
    case always
    /// These of the matching requests, counted from 1.
    case requests(ClosedRange<Int>)
    /// Each so-manieth of the matching requests.
    case every(Int)
    /// This share of the matching requests, by the plan's seed.
    case share(Double)
  }

  /// Compared with the request's path without case; empty for every request.
  package var pathPrefix: String
  package var when: When
  package var fault: Fault

  package init(_ fault: Fault, on pathPrefix: String = "", _ when: When = .always) {
    self.pathPrefix = pathPrefix.lowercased()
    self.when = when
    self.fault = fault
  }
}

/// All rules of a run.
package struct FaultPlan: Sendable {
  package var seed: UInt64
  package var rules: [FaultRule]

  package init(seed: UInt64 = 1, _ rules: [FaultRule] = []) {
    self.seed = seed
    self.rules = rules
  }

  package static let none = FaultPlan()

  /// A bit of everything that a collector has to survive without losing or doubling a row.
  package static func rough(seed: UInt64) -> FaultPlan {
    FaultPlan(
      seed: seed,
      [
        FaultRule(.throttled(.seconds(1)), .share(0.02)), FaultRule(.status(503), .share(0.03)),
        FaultRule(.truncated, .share(0.02)), FaultRule(.reset, .share(0.02)), FaultRule(.gzip, .share(0.2)),
        FaultRule(.emptyPage, .share(0.05)), FaultRule(.duplicateRow, .share(0.1)),
        FaultRule(.expiredLink(410), .share(0.01)), FaultRule(.unknownProperty, .share(0.05)),
        FaultRule(.tokenRevoked, .share(0.01)),
      ])
  }
}

/// A plan and how often each of its rules has matched.
struct FaultCounter: Sendable {
  let plan: FaultPlan
  private var counts: [Int]

  init(_ plan: FaultPlan) {
    self.plan = plan
    counts = Array(repeating: 0, count: plan.rules.count)
  }

  /// The faults of the next request.
  mutating func faults(path: String, followsLink: Bool) -> [Fault] {
    var faults: [Fault] = []
    for (number, rule) in plan.rules.enumerated() where path.lowercased().hasPrefix(rule.pathPrefix) {
      if case .expiredLink = rule.fault, !followsLink { continue }
      counts[number] += 1
      if hits(rule, number) { faults.append(rule.fault) }
    }
    return faults
  }

  private func hits(_ rule: FaultRule, _ number: Int) -> Bool {
    let count = counts[number]
    switch rule.when {
    case .always: return true
    case .requests(let range): return range.contains(count)
    case .every(let step): return step > 0 && count % step == 0
    case .share(let share):
      var random = KeyedRandom(plan.seed, UInt64(number), UInt64(count))
      return random.chance(share)
    }
  }
}
