// The thread on which libcurl runs: it waits for all transfers at once, so that 1,000 tenants need one thread and share
// connections.

internal import Dispatch
internal import IntakeCore
internal import Synchronization

/// Makes exchanges, any number at a time. Lives as long as the process.
///
/// Transports with the same trust, client certificate and proxy share a loop, and with it open connections: a connection
/// never serves a transport with another one of these.
final class CurlLoop: Sendable {
  private let inbox: CurlInbox
  private let waker: Waker
  /// False: a transfer that is given up while its name is looked up holds the loop until the look-up ends.
  private let leavesLookUps: Bool

  private struct Identity: Hashable {
    let authorities: String?
    let certificate: String?
    let key: String?
    let proxy: String?
    let part: Int
  }

  private struct Loops {
    var known: [Identity: CurlLoop] = [:]
    var parts = 1
    var asked = 0
  }

  private static let loops = Mutex(Loops())
  /// Loops in place of one where look-ups may hold them: libcurl before 7.87.
  private static let mostParts = 16

  /// The loop of transports with these settings.
  /// - Throws: `http.no_library` or `os.threads`, both 71.
  static func shared(for settings: HTTPSettings) throws(Failure) -> CurlLoop {
    try loops.withLock { (loops) throws(Failure) in
      loops.asked += 1
      let identity = Identity(
        authorities: settings.authorities, certificate: settings.certificateFile, key: settings.privateKeyFile,
        proxy: settings.proxy?.revealed, part: loops.asked % loops.parts)
      if let known = loops.known[identity] { return known }
      let loop = try CurlLoop()
      if !loop.leavesLookUps { loops.parts = mostParts }
      loops.known[identity] = loop
      return loop
    }
  }

  private init() throws(Failure) {
    let inbox = CurlInbox()
    let start = CurlStart()
    guard BlockingThread.start({ start.run(inbox) }) else {
      throw Failure(
        "os.threads", exit: .system, "Starting the thread for HTTP: the system has no more threads.",
        hint: "Raise the limit of processes (ulimit -u, TasksMax=, the container's limit of process ids).")
    }
    self.inbox = inbox
    (waker, leavesLookUps) = try start.wait()
  }

  /// Makes one exchange. Cancelling the task ends it at once.
  func send(
    _ request: Request, _ credentialLines: [Secret], _ settings: HTTPSettings, _ counter: RequestCounter
  ) async throws(Failure) -> Response {
    let stop = StopFlag()
    return try await withTaskCancellationHandler {
      await withCheckedContinuation { waiting in
        inbox.add(
          CurlOrder(
            request: request, credentialLines: credentialLines, settings: settings, counter: counter, stop: stop,
            waiting: waiting))
        waker.wake()
      }
    } onCancel: {
      stop.set()
      waker.wake()
    }.get()
  }
}

/// Orders on their way to the loop's thread.
private final class CurlInbox: Sendable {
  private let orders = Mutex<[CurlOrder]>([])

  func add(_ order: CurlOrder) { orders.withLock { $0.append(order) } }

  func take() -> [CurlOrder] {
    orders.withLock { orders in
      defer { orders = [] }
      return orders
    }
  }
}

/// The beginning of a loop's thread, which whoever needs the loop waits for.
private final class CurlStart: Sendable {
  private typealias Known = (waker: Waker, leavesLookUps: Bool)
  private let known = Mutex<Result<Known, Failure>?>(nil)
  private let isKnown = DispatchSemaphore(value: 0)

  /// The whole life of the thread.
  func run(_ inbox: CurlInbox) {
    do throws(Failure) {
      let multi = try CurlMulti()
      let leavesLookUps = try multi.handle().set(CurlOption.quickExit, 1)
      let waker = multi.waker
      known.withLock { $0 = .success((waker, leavesLookUps)) }
      isKnown.signal()
      CurlWork(multi, inbox).run()
    } catch {
      known.withLock { $0 = .failure(error) }
      isKnown.signal()
    }
  }

  func wait() throws(Failure) -> (Waker, Bool) {
    isKnown.wait()
    guard let known = known.withLock({ $0 }) else { throw .noLibrary }
    let (waker, leavesLookUps) = try known.get()
    return (waker, leavesLookUps)
  }
}

/// What the loop's thread does.
private struct CurlWork {
  private let multi: CurlMulti
  private let inbox: CurlInbox
  /// By the address of their handle.
  private var transfers: [UInt: CurlTransfer] = [:]
  /// The longest wait where no transfer has a deadline.
  private static let longestPause: Duration = .seconds(3_600)

  init(_ multi: CurlMulti, _ inbox: CurlInbox) {
    self.multi = multi
    self.inbox = inbox
  }

  consuming func run() {
    while true {
      for order in inbox.take() { begin(order) }
      let isBroken = !multi.perform()
      while let (address, code) = multi.finished() { end(address) { $0.end(code) } }
      if isBroken { endAll(CurlCode.multiFailed) }
      multi.poll(atMost: max(.zero, giveUpOverdue() - ContinuousClock.now).wholeMilliseconds + 1)
    }
  }

  private mutating func begin(_ order: CurlOrder) {
    guard !order.stop.isSet else { return order.waiting.resume(returning: .failure(.stopped)) }
    do throws(Failure) {
      let transfer = try CurlTransfer(order, multi)
      transfers[transfer.handle.address] = transfer
    } catch {
      order.waiting.resume(returning: .failure(error))
    }
  }

  /// A handle goes back before its waiter goes on.
  private mutating func end(_ address: UInt, _ result: (CurlTransfer) -> Result<Response, Failure>) {
    guard let transfer = transfers.removeValue(forKey: address) else { return }
    let (waiting, answer) = (transfer.order.waiting, result(transfer))
    transfer.close()
    waiting.resume(returning: answer)
  }

  private mutating func endAll(_ code: Int32) {
    for address in Array(transfers.keys) { end(address) { $0.end(code) } }
  }

  /// - Returns: when to look again.
  private mutating func giveUpOverdue() -> ContinuousClock.Instant {
    let now = ContinuousClock.now
    var next = now + Self.longestPause
    for (address, transfer) in transfers {
      if let failure = transfer.overdue(now) {
        end(address) { _ in .failure(failure) }
      } else {
        next = min(next, transfer.nextLook)
      }
    }
    return next
  }
}
