// Executors that share a bounded number of threads.

internal import Glibc
internal import IntakeTesting
internal import Synchronization
import Testing

@testable internal import IntakeCore

@Suite struct ThreadPoolTests {
  @Test("an executor runs its jobs one at a time and in order, whatever thread they get")
  func order() async {
    let executor = ThreadExecutor(name: "test", pool: ThreadPool(limit: 4))
    let log = Log()
    let tasks = (0..<200).map { number in
      Task(executorPreference: executor) { log.note(number) }
    }
    for task in tasks { await task.value }
    #expect(log.notes.sorted() == Array(0..<200) && log.mostAtOnce == 1)
  }

  @Test("executors that block have so many threads as the pool allows, and those of another pool go on")
  func limit() async {
    let pool = ThreadPool(limit: 3)
    let gate = Gate()
    let log = Log()
    let blocked = (0..<10).map { number in
      Task(executorPreference: ThreadExecutor(name: "\(number)", pool: pool)) {
        log.note(number) { gate.wait() }
      }
    }
    #expect(await Waiting.whileSleeping { log.notes.count == 3 })
    let other = Task(executorPreference: ThreadExecutor(name: "other", pool: ThreadPool(limit: 1))) { true }
    #expect(await other.value)
    #expect(log.notes.count == 3 && pool.count == 3)
    gate.open()
    for task in blocked { await task.value }
    #expect(log.notes.sorted() == Array(0..<10) && log.mostAtOnce == 3 && pool.count <= 3)
  }

  @Test("an executor whose jobs never end lets those behind it run between two of them")
  func fairness() async {
    let pool = ThreadPool(limit: 1)
    let end = Gate()
    let busy = Task(executorPreference: ThreadExecutor(name: "busy", pool: pool)) {
      while !end.isOpen { await Task.yield() }
    }
    await Task(executorPreference: ThreadExecutor(name: "behind", pool: pool)) {
      end.open()
    }.value
    await busy.value
    #expect(pool.count <= 1)
  }

  private final class Log: Sendable {
    private let state = Mutex((notes: [Int](), running: 0, most: 0))

    var notes: [Int] { state.withLock { $0.notes } }
    var mostAtOnce: Int { state.withLock { $0.most } }

    func note(_ number: Int, _ body: () -> Void = {}) {
      state.withLock { state in
        state.notes.append(number)
        state.running += 1
        state.most = max(state.most, state.running)
      }
      body()
      state.withLock { $0.running -= 1 }
    }
  }

  private final class Gate: Sendable {
    private let state = Atomic(false)
    var isOpen: Bool { state.load(ordering: .acquiring) }
    func open() { state.store(true, ordering: .releasing) }
    func wait() { _ = Waiting.until(every: 1_000) { isOpen } }
  }
}
