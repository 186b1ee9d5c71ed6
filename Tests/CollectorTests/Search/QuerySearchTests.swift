// A whole search over a source that can be made to misbehave: ignores filters, changes rows, loses its pages.

import IntakeCore
import Synchronization
import Testing

@testable import Collector

@Suite("QuerySearch")
struct QuerySearchTests {
  static let end = Instant(seconds: 1_790_000_000)

  /// A row received so many seconds before `end`.
  static func row(_ age: Int, _ id: String, to recipient: String = "a@x.com", _ status: String = "delivered") -> String
  {
    #"{"id":"\#(id)","receivedDateTime":"\#(Timestamp.text(end - .seconds(age)))","recipientAddress":"\#(recipient)","senderAddress":"s@y.com","status":"\#(status)","subject":"Hello \#(id)","fromIP":"2001:db8::1","toIP":""}"#
  }

  static func search(
    _ source: FakeService, _ values: [QueryFilter.Field: [String]] = [:], days: Int = 2, most: Int? = nil
  ) -> QuerySearch {
    QuerySearch(
      source: source, filter: QueryFilter(values), start: end - .seconds(86_400 * days), end: end, most: most)
  }

  @Test("each value is a question of its own; answers are merged, repeats dropped, newest first")
  func merged() async throws {
    let source = FakeService([
      Self.row(30, "c"), Self.row(10, "a"), Self.row(20, "b"), Self.row(10, "a", to: "A0@x.com"),
    ])
    let result = try await Self.search(source, [.traceID: ["b", "C", "a"], .sender: ["s@y.com"]]).run()
    #expect(
      result.rows.map { "\($0.traceID) \($0.recipient)" } == ["a A0@x.com", "a a@x.com", "b a@x.com", "c a@x.com"])
    #expect(source.questions.map { $0.values[.traceID] } == ["b", "C", "a"])
    #expect(source.questions.allSatisfy { $0.values[.sender] == "s@y.com" })
  }

  @Test("rows that were not asked for are left out, whatever the service sends")
  func ignored() async throws {
    let source = FakeService((0..<20).map { Self.row($0 * 10_000, "m\($0)", $0 % 2 == 0 ? "failed" : "delivered") })
    let result = try await Self.search(source, [.status: ["FAILED"], .fromIP: ["2001:DB8:0::1"]], days: 1).run()
    #expect(result.rows.map(\.traceID) == ["m0", "m2", "m4", "m6", "m8"])
  }

  @Test("of a row that changes while it is asked for the later state counts")
  func changing() async throws {
    let source = FakeService([], pages: [[Self.row(5, "a", "pending")], [Self.row(5, "a", "delivered")]])
    let result = try await Self.search(source, [.status: ["pending", "delivered"]]).run()
    #expect(result.rows.map(\.status) == ["delivered"])
  }

  @Test("more values than are worth a question each are sifted here")
  func many() async throws {
    let source = FakeService((0..<5).map { Self.row($0, "m\($0)", to: "r\($0)@x.com") })
    let recipients = (0..<150).map { "r\($0)@x.com" }
    let result = try await Self.search(source, [.recipient: recipients, .status: ["delivered"]]).run()
    #expect(result.rows.count == 5 && source.questions.count == 1)
    #expect(source.questions.first?.values == [.status: "delivered"])
  }

  @Test("a question that the service refuses is asked without what it may not know")
  func refused() async throws {
    let source = FakeService([Self.row(1, "a"), Self.row(2, "b")])
    source.refuses = { $0.values[.fromIP] != nil || $0.values[.subject] != nil }
    let wanted: [QueryFilter.Field: [String]] = [.fromIP: ["2001:db8::1"], .subject: ["b"], .sender: ["s@y.com"]]
    let result = try await Self.search(source, wanted).run()
    #expect(result.rows.map(\.traceID) == ["b"])
    #expect(source.questions.last?.values == [.sender: "s@y.com"])
    source.refuses = { _ in true }
    await #expect(throws: Failure.self) { _ = try await Self.search(source, [.sender: ["s@y.com"]]).run() }
  }

  @Test("long spans are cut to what the service takes, newest first, without a gap")
  func windows() throws {
    let search = Self.search(FakeService([]), days: 25)
    #expect(search.windows.count == 3)
    #expect(search.windows.first?.end == Self.end && search.windows.last?.start == search.start)
    for (newer, older) in zip(search.windows, search.windows.dropFirst()) { #expect(newer.start == older.end) }
    #expect(search.windows.allSatisfy { $0.span < .seconds(10 * 86_400) })
  }

  @Test("a window that is too large is halved, a dead link begins it anew, a loop ends the search")
  func trouble() async throws {
    let source = FakeService((0..<40).map { Self.row($0 * 4_000, "m\($0)") }, pageSize: 3)
    source.failures = [0: .smallerWindow, 3: .restartWindow]
    let result = try await Self.search(source, [.sender: ["s@y.com"]]).run()
    #expect(result.rows.count == 40)
    let loop = FakeService((0..<4).map { Self.row($0, "m\($0)") }, pageSize: 2, loops: true)
    let failure = await #expect(throws: Failure.self) { _ = try await Self.search(loop).run() }
    #expect(failure?.code.rawValue == "source.link_loop")
  }

  @Test("a limited search stops early and still gives the newest rows")
  func limited() async throws {
    let rows = (0..<400).map { Self.row($0 * 4_000, "m\($0)") }
    let source = FakeService(rows, pageSize: 10)
    let result = try await Self.search(source, days: 30, most: 25).run()
    #expect(result.rows.map(\.traceID) == (0..<25).map { "m\($0)" } && result.hasMore)
    #expect(source.pages == 3)
    let exact = try await Self.search(FakeService(rows, pageSize: 10), days: 1, most: 22).run()
    #expect(exact.rows.count == 22 && !exact.hasMore)
  }

  @Test("a message to very many is asked for by its id too")
  func crowd() async throws {
    let rows = (0..<1_500).map { Self.row(7, "crowd", to: "r\($0)@x.com") }
    let source = FakeService(rows, pageSize: 5_000)
    source.mostOfCrowd = 1_000
    let result = try await Self.search(source).run()
    #expect(result.rows.count == 1_500)
    #expect(source.questions.last?.values == [.traceID: "crowd"])
  }

  private static func streamed(_ search: QuerySearch) async throws -> (ids: [String], parts: Int) {
    var ids: [String] = []
    var parts = 0
    let result = try await search.stream { rows in
      ids += rows.map { "\($0.traceID) \($0.recipient)" }
      parts += 1
    }
    #expect(result.rows.isEmpty)
    return (ids, parts)
  }

  @Test("rows are given out while they are read, each once and newest first, whatever happens on the way")
  func stream() async throws {
    let rows = (0..<40).map { Self.row($0 / 2 * 4_000, "m\($0)") }
    let source = FakeService(rows, pageSize: 3)
    source.failures = [0: .smallerWindow, 5: .restartWindow]
    #expect(Self.search(source).canStream)
    let whole = try await Self.search(FakeService(rows)).run().rows.map { "\($0.traceID) \($0.recipient)" }
    let given = try await Self.streamed(Self.search(source))
    #expect(given.ids == whole && given.parts > 10)
    let unsorted = try await Self.streamed(Self.search(FakeService(rows.shuffled(), pageSize: 3)))
    #expect(Set(unsorted.ids) == Set(whole) && unsorted.ids.count == whole.count)
  }

  @Test("a stream asks for a message to very many by its id before its rows are given out")
  func streamedCrowd() async throws {
    let rows = (0..<1_500).map { Self.row(7, "crowd", to: "r\($0)@x.com") } + [Self.row(9, "old")]
    let source = FakeService(rows, pageSize: 300)
    source.mostOfCrowd = 1_000
    let given = try await Self.streamed(Self.search(source))
    #expect(given.ids.count == 1_501 && Set(given.ids).count == 1_501 && given.ids.last == "old a@x.com")
  }

  @Test("several questions, a limit: nothing is given out before all is there")
  func noStream() {
    #expect(!Self.search(FakeService([]), [.sender: ["a@x.com", "b@x.com"]]).canStream)
    #expect(!Self.search(FakeService([]), most: 5).canStream)
  }

  @Test("rows that are no objects are counted, rows without a time are given")
  func odd() async throws {
    let source = FakeService([], pages: [["5", #"{"id":"a","recipientAddress":"b"}"#, "[]", Self.row(1, "x")]])
    let result = try await Self.search(source).run()
    #expect(result.unreadable == 2 && result.rows.map(\.traceID) == ["a", "x"])
  }
}

/// Serves rows by window; filters nothing.
final class FakeService: Searching {
  let provider = "graph"
  let widestWindow = Duration.seconds(10 * 86_400)
  let retention = Duration.seconds(90 * 86_400)
  let searchable = Duration.seconds(90 * 86_400)

  private struct State {
    var questions: [QueryTerms] = []
    var pages = 0
    var scripted: [[String]]
    var failures: [Int: Failure.Recovery] = [:]
    var refuses: (@Sendable (QueryTerms) -> Bool)?
    var mostOfCrowd: Int?
  }

  private let rows: [String]
  private let pageSize: Int
  private let loops: Bool
  private let state: Mutex<State>

  /// - Parameter pages: given out one a request instead of `rows`.
  init(_ rows: [String], pageSize: Int = 100, pages: [[String]] = [], loops: Bool = false) {
    self.rows = rows
    self.pageSize = pageSize
    self.loops = loops
    state = Mutex(State(scripted: pages))
  }

  var questions: [QueryTerms] { state.withLock { $0.questions } }
  var pages: Int { state.withLock { $0.pages } }
  var failures: [Int: Failure.Recovery] {
    get { state.withLock { $0.failures } }
    set { state.withLock { $0.failures = newValue } }
  }
  var refuses: (@Sendable (QueryTerms) -> Bool)? {
    get { state.withLock { $0.refuses } }
    set { state.withLock { $0.refuses = newValue } }
  }
  var mostOfCrowd: Int? {
    get { state.withLock { $0.mostOfCrowd } }
    set { state.withLock { $0.mostOfCrowd = newValue } }
  }

  func canFilter(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool { true }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    try await page(window, matching: QueryTerms(values: [:]), after: cursor)
  }

  func page(_ window: Window, matching terms: QueryTerms, after cursor: PageCursor?) async throws(Failure) -> Page {
    let (scripted, recovery, isRefused, most) = state.withLock { state in
      if cursor == nil, state.questions.last != terms { state.questions.append(terms) }
      state.pages += 1
      let scripted = state.scripted.isEmpty ? nil : state.scripted.removeFirst()
      return (scripted, state.failures[state.pages - 1], state.refuses?(terms) == true, state.mostOfCrowd)
    }
    if let recovery { throw Failure("test", exit: .tryLater, "Scripted.", recovery: recovery) }
    if isRefused { throw Failure("source.refused", exit: .protocolBroken, "Refused.") }
    var inside =
      scripted
      ?? rows.filter { row in
        guard let received = QueryRow(json: Array(row.utf8))?.received else { return true }
        return window.start <= received && received <= window.end
      }
    if let most {
      let crowd = inside.filter { $0.contains(#""id":"crowd""#) }
      let others = terms.values[.traceID] == nil ? inside.filter { !$0.contains(#""id":"crowd""#) } : []
      inside = (terms.values[.traceID] == nil ? Array(crowd.prefix(most)) : crowd) + others
    }
    let first = cursor.flatMap { Int($0.link) } ?? 0
    var page = Page(bytes: [], rows: [])
    for row in inside.dropFirst(first).prefix(pageSize) {
      let start = page.bytes.count
      page.bytes += Array(row.utf8)
      page.rows.append(start..<page.bytes.count)
    }
    if loops {
      page.next = PageCursor(link: "0")
    } else if first + pageSize < inside.count {
      page.next = PageCursor(link: "\(first + pageSize)")
    }
    return page
  }
}
