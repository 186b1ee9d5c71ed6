// A source in memory.

package import IntakeCore
internal import Synchronization

/// A source that serves rows it holds; `pages` may fail as scripted.
package final class RowSource: Source {
  package struct Row: Sendable {
    package var received: Instant
    package var text: String
    package init(received: Instant, text: String) {
      self.received = received
      self.text = text
    }
  }

  package let provider = "graph"
  package let widestWindow: Duration
  package let retention: Duration
  private let pageSize: Int
  private let state: Mutex<State>

  private struct State {
    var rows: [Row]
    var failures: [Int: Failure]
    var asked: [(Window, PageCursor?)] = []
    var serverDate: Instant?
    var fault: @Sendable (Window, Int) -> Failure? = { _, _ in nil }
  }

  /// A date after every window of every test.
  package static let lateDate = Instant(seconds: 4_000_000_000)

  /// - Parameters:
  ///   - failures: by number of the request, from 0: what it throws instead of a page.
  ///   - serverDate: of every page; nil for a service without one.
  package init(
    _ rows: [Row], pageSize: Int = 2, failures: [Int: Failure] = [:], serverDate: Instant? = lateDate,
    widestWindow: Duration = .seconds(864_000), retention: Duration = .seconds(90 * 86_400)
  ) {
    self.pageSize = pageSize
    self.widestWindow = widestWindow
    self.retention = retention
    state = Mutex(State(rows: rows, failures: failures, serverDate: serverDate))
  }

  /// The windows asked for so far.
  package var asked: [Window] { state.withLock { $0.asked.map(\.0) } }

  /// The rows so far.
  package var rows: [Row] { state.withLock { $0.rows } }

  /// From now on: what is thrown instead of a page, by window and number of the page in it, from 0.
  package func fail(_ fault: @escaping @Sendable (Window, Int) -> Failure?) { state.withLock { $0.fault = fault } }

  package func add(_ row: Row) { state.withLock { $0.rows.append(row) } }

  package func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    let (failure, rows, date) = state.withLock { state in
      defer { state.asked.append((window, cursor)) }
      let inside = state.rows.filter { $0.received >= window.start && $0.received <= window.end }
      return (state.failures[state.asked.count], inside.sorted { $0.received > $1.received }, state.serverDate)
    }
    if let failure { throw failure }
    let first = cursor.flatMap { Int($0.link) } ?? 0
    if let failure = state.withLock({ $0.fault })(window, first / max(1, pageSize)) { throw failure }
    let last = min(rows.count, first + pageSize)
    return Page(
      texts: rows[first..<max(first, last)].map(\.text),
      next: last < rows.count ? PageCursor(link: "\(last)") : nil, serverDate: date)
  }
}
