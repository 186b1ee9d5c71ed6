// Random questions to a simulated tenant of 100,000 rows, and to what is awkward in it, against the tenant's own truth.

import IntakeCore
import IntakeTesting
import Simulator
import Testing

@testable import Collector

@Suite("Query against the truth", .serialized)
struct QueryTruthTests {
  @Test("200 random queries give exactly the rows that match", arguments: Mode.allCases)
  func random(_ mode: Mode) async throws {
    let fixture = SearchFixture.shared
    #expect(fixture.rows.count >= 100_000)
    let server = try fixture.serve()
    let source = try fixture.source(mode, server)
    var dice = Lottery(state: 20_261_121)
    var found = 0
    var streamed = 0
    for number in 0..<200 {
      let question = fixture.question(&dice)
      let search = QuerySearch(
        source: source, filter: question.filter, start: question.start, end: question.end, most: nil)
      let result = try await search.run()
      let got = Set(result.rows.map { Answer($0) })
      let truth = fixture.truth(question, mode)
      #expect(got == truth, "query \(number): \(question), \(got.count) rows, not \(truth.count)")
      #expect(got.count == result.rows.count && result.unreadable == 0)
      found += truth.count
      guard search.canStream, number % 4 == 0 else { continue }
      streamed += 1
      var rows: [QueryRow] = []
      let rest = try await search.stream { rows += $0 }
      #expect(rows == result.rows && rest.rows.isEmpty, "query \(number), streamed")
    }
    #expect(streamed > 5)
    #expect(found > 1_000)
  }

  @Test("a message to 3,000 recipients comes whole, by time and by id", arguments: Mode.allCases)
  func crowd(_ mode: Mode) async throws {
    let fixture = SearchFixture.shared
    let server = try fixture.serve()
    let source = try fixture.source(mode, server)
    let crowd = try #require(fixture.crowds.first)
    #expect(crowd.count == 3_000)
    let message = try #require(crowd.first?.message)
    for values in [[QueryFilter.Field.traceID: [message.traceID]], [.sender: [message.sender]]] {
      let search = QuerySearch(
        source: source, filter: QueryFilter(values), start: message.received - .seconds(60),
        end: message.received + .seconds(60))
      let rows = try await search.run().rows.filter { $0.traceID == message.traceID }
      #expect(Set(rows.map { $0.recipient.lowercased() }) == Set(crowd.map { $0.recipient.lowercased() }))
      #expect(rows.count == 3_000)
    }
  }

  @Test("an id that does not exist gives no rows and no events", arguments: Mode.allCases)
  func nothing(_ mode: Mode) async throws {
    let fixture = SearchFixture.shared
    let server = try fixture.serve()
    let source = try fixture.source(mode, server)
    let id = "00000000-0000-4000-8000-000000000000"
    let filter = QueryFilter([.traceID: [id]])
    let search = QuerySearch(source: source, filter: filter, start: fixture.now - .seconds(86_400), end: fixture.now)
    let result = try await search.run()
    #expect(result.rows.isEmpty && !result.hasMore)
    let key = DetailsKey(traceID: id, recipient: "nobody@contoso.com")
    #expect(try await source.row(key, from: search.start, to: search.end) == nil)
    #expect(try await source.details(key).isEmpty)
  }

  @Test("the newest rows of a limited query are the newest of all", arguments: Mode.allCases)
  func limited(_ mode: Mode) async throws {
    let fixture = SearchFixture.shared
    let server = try fixture.serve()
    let source = try fixture.source(mode, server)
    let filter = QueryFilter([.status: ["Failed", "quarantined"]])
    let (start, end) = (fixture.now - .seconds(12 * 3_600), fixture.now)
    let all = try await QuerySearch(source: source, filter: filter, start: start, end: end).run()
    let some = try await QuerySearch(source: source, filter: filter, start: start, end: end, most: 50).run()
    #expect(all.rows.count > 100 && !all.hasMore)
    #expect(some.rows == Array(all.rows.prefix(50)) && some.hasMore)
  }

  @Test("details of every kind of fate come from either service alike")
  func details() async throws {
    let fixture = SearchFixture.shared
    let server = try fixture.serve()
    let sources = try Mode.allCases.map { try fixture.source($0, server) }
    for status in [SimulatedStatus.delivered, .failed, .quarantined, .filteredAsSpam, .expanded] {
      let row = try #require(fixture.rows.last { $0.status(at: fixture.now) == status })
      var steps: [[DetailsStep]] = []
      for source in sources {
        let key = DetailsKey(
          traceID: row.message.traceID, recipient: row.recipient, sender: row.message.sender,
          received: row.message.received)
        steps.append(try await source.details(key))
      }
      #expect(steps[0].count >= 2)
      #expect(steps[0].map(\.event) == steps[1].map(\.event))
      #expect(steps[0].map(\.fields) == steps[1].map(\.fields))
    }
  }
}

enum Mode: String, CaseIterable, Sendable { case graph, reporting }

/// What identifies a row in its present state.
struct Answer: Hashable {
  var text: String
  init(_ row: QueryRow) { text = "\(row.traceID) \(row.recipient) \(row.status)".lowercased() }
  init(_ row: SimulatedRow, _ status: SimulatedStatus) {
    text = "\(row.message.traceID) \(row.recipient) \(status.rawValue)".lowercased()
  }
}

struct Question {
  var filter: QueryFilter
  var start: Instant
  var end: Instant
}

/// Numbers from a seed (Knuth's MMIX multiplier).
struct Lottery: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
