// One batch on its way: which events are still to be sent, in which requests.

internal import IntakeCore
internal import Synchronization

/// Cuts a batch into requests and keeps what each answer has said. Used by several connections at a time.
final class EntryDelivery: Sendable {
  let entry: JournalEntry
  private let limits: HTTPLimits
  private let state: Mutex<State>

  private struct State {
    var progress: HTTPReceiver.Progress
    /// Indices not sent yet, in order.
    var rest: ArraySlice<Int>
    /// Requests to be sent again as they are.
    var again: [[Int]] = []
    /// Parts of requests that an answer calls taken without a receipt, while it is not known whether the service gives out
    /// any.
    var undecided: [[Int]] = []
    var givesReceipts: Bool?
    var mostBytes: Int
    /// Events that wait for the confirmation of a receipt.
    var receipts: [UInt64: [Int]] = [:]
    /// Receipts that the service has given out twice: nothing can be said of either request.
    var ambiguous: Set<UInt64> = []
    var failure: Failure?
    /// Failures in a row without an event taken.
    var failures = 0
    /// Events refused one by one since the last that was taken.
    var refusedInARow = 0
  }

  /// - Parameter facts: what is known of the service.
  init(_ entry: JournalEntry, _ limits: HTTPLimits, _ progress: HTTPReceiver.Progress, _ facts: HTTPReceiver.Facts) {
    self.entry = entry
    self.limits = limits
    let refused = Set(progress.refused.map(\.index))
    let rest = entry.entries.indices.filter { !progress.taken[$0] && !refused.contains($0) }
    state = Mutex(
      State(
        progress: progress, rest: rest[...], givesReceipts: facts.givesReceipts,
        mostBytes: min(limits.bytes, facts.mostBytes)))
  }

  var progress: HTTPReceiver.Progress { state.withLock { $0.progress } }
  var failure: Failure? { state.withLock { $0.failure } }
  var receipts: [UInt64] { state.withLock { Array($0.receipts.keys) } }
  var givesReceipts: Bool? { state.withLock { $0.givesReceipts } }

  /// True if the service has taken something in this delivery.
  func isConfirmable(since before: HTTPReceiver.Progress) -> Bool {
    state.withLock { !$0.receipts.isEmpty || $0.progress.taken != before.taken }
  }

  /// True if each event is taken or refused.
  var isComplete: Bool {
    state.withLock { state in
      let refused = Set(state.progress.refused.map(\.index))
      return state.progress.taken.indices.allSatisfy { state.progress.taken[$0] || refused.contains($0) }
    }
  }

  func line(_ index: Int) -> ArraySlice<UInt8> {
    let start = index == 0 ? 0 : entry.entries[index - 1].end
    return entry.bytes[start..<max(start, entry.entries[index].end - 1)]
  }

  /// The events of the next request; nil where none is left, or after a failure.
  func next() -> [Int]? {
    state.withLock { state in
      guard state.failure == nil else { return nil }
      if let again = state.again.popLast() { return again }
      var taken: [Int] = []
      var bytes = 0
      while let index = state.rest.first, taken.count < limits.events {
        let length = line(index).count
        guard length <= limits.event else {
          state.rest = state.rest.dropFirst()
          let reason = "The event has \(length) bytes; the service takes \(limits.event)."
          state.progress.refused.append(Refusal(index: index, kind: "too-large", reason: reason))
          continue
        }
        guard taken.isEmpty || bytes + length + limits.overhead <= state.mostBytes else { break }
        bytes += length + limits.overhead
        taken.append(index)
        state.rest = state.rest.dropFirst()
      }
      return taken.isEmpty ? state.undecided.popLast() : taken
    }
  }

  /// Takes the answer to a request with these events.
  /// - Returns: why a part of them has to be sent again later, nil if none has.
  func settle(_ indices: [Int], _ verdict: HTTPVerdict) -> Failure? {
    state.withLock { state in
      switch verdict {
      case .taken(let receipt):
        Self.decide(receipt != nil, &state)
        Self.take(indices, receipt, &state)
        (state.failures, state.refusedInARow) = (0, 0)
        return nil
      case .mixed(let refused, let again, let reason, let receipt, let lacksReceipt):
        let taken = Self.settle(indices, refused, again, &state)
        if !taken.isEmpty, lacksReceipt {
          state.undecided.append(taken)
          state.givesReceipts.map { Self.decide($0, &state) }
        } else {
          Self.take(taken, receipt, &state)
        }
        return again.isEmpty ? nil : reason
      case .tooLarge:
        state.mostBytes = max(1, min(state.mostBytes, indices.reduce(0) { $0 + line($1).count + limits.overhead }) / 2)
        halve(indices, &state, Refusal(index: 0, kind: "too-large", reason: "The service takes no body of this size."))
      case .refused(let kind, let reason):
        halve(indices, &state, Refusal(index: 0, kind: kind, reason: reason))
      }
      return nil
    }
  }

  /// A service without receipts means what it says; one with receipts has to give one for each event.
  private static func decide(_ givesReceipts: Bool, _ state: inout State) {
    state.givesReceipts = givesReceipts
    let undecided = state.undecided
    state.undecided = []
    if givesReceipts { return state.again.append(contentsOf: undecided) }
    for indices in undecided { take(indices, nil, &state) }
  }

  /// A receipt that comes twice is of two numberings: the service was restarted, or there are several behind one name. Its
  /// confirmation would stand for the wrong events, so both requests count as not taken.
  private static func take(_ indices: [Int], _ receipt: UInt64?, _ state: inout State) {
    guard let receipt else {
      for index in indices { state.progress.taken[index] = true }
      return
    }
    guard !indices.isEmpty else { return }
    guard state.receipts[receipt] == nil, !state.ambiguous.contains(receipt) else {
      state.receipts[receipt] = nil
      state.ambiguous.insert(receipt)
      state.failure = state.failure ?? .repeatedReceipt
      return
    }
    state.receipts[receipt] = indices
  }

  /// - Returns: the events that are neither refused nor to be sent again.
  private static func settle(
    _ indices: [Int], _ refused: [Refusal], _ again: [Int], _ state: inout State
  ) -> [Int] {
    var open = Set(again)
    for refusal in refused where indices.indices.contains(refusal.index) && open.insert(refusal.index).inserted {
      var refusal = refusal
      refusal.index = indices[refusal.index]
      state.progress.refused.append(refusal)
    }
    let taken = indices.enumerated().filter { !open.contains($0.offset) }.map(\.element)
    state.failures = !taken.isEmpty || !refused.isEmpty ? 0 : state.failures
    state.refusedInARow = taken.isEmpty ? state.refusedInARow : 0
    let rest = again.filter(indices.indices.contains).map { indices[$0] }
    if !rest.isEmpty { state.again.append(rest) }
    return taken
  }

  /// Finds the event that the service minds; a request of one event is refused itself.
  private func halve(_ indices: [Int], _ state: inout State, _ refusal: Refusal) {
    guard indices.count < 2 else {
      state.again.append(Array(indices[(indices.count / 2)...]))
      state.again.append(Array(indices[..<(indices.count / 2)]))
      return
    }
    for index in indices {
      var refusal = refusal
      refusal.index = index
      state.progress.refused.append(refusal)
      state.refusedInARow += 1
    }
    // The other end of the batch may be better.
    if state.refusedInARow == Self.mostInARow / 2 { state.again.reverse() }
    guard state.refusedInARow >= Self.mostInARow else { return }
    state.progress.refused.removeLast(min(state.refusedInARow, state.progress.refused.count))
    state.failure = Failure(
      "sink.http.refuses_all", exit: .badData,
      "Delivering a batch: the service has refused \(state.refusedInARow) events one after the other and taken none.",
      hint: "Look at the service's settings: an index, stream or parser that does not fit these events.")
  }

  /// After so many single refusals without a single event taken, the fault is not the events'.
  static let mostInARow = 50

  /// A request whose answer is not known, or that came too early.
  /// - Returns: how many requests in a row have failed.
  func sendAgain(_ indices: [Int]) -> Int {
    state.withLock { state in
      state.again.append(indices)
      state.failures += 1
      return state.failures
    }
  }

  func noteFailure() -> Int {
    state.withLock { state in
      state.failures += 1
      return state.failures
    }
  }

  /// Ends the delivery; the first failure counts.
  func fail(_ failure: Failure) { state.withLock { $0.failure = $0.failure ?? failure } }

  /// The service has confirmed these receipts.
  func confirm(_ receipts: Set<UInt64>) {
    state.withLock { state in
      for receipt in receipts {
        for index in state.receipts.removeValue(forKey: receipt) ?? [] { state.progress.taken[index] = true }
      }
    }
  }
}

extension Failure {
  fileprivate static let repeatedReceipt = Failure(
    "sink.splunk.ack", exit: .tryLater,
    "Delivering a batch: the service has given out one acknowledgement number twice, so none of both can be trusted.",
    hint: "Was it restarted? Behind a load balancer, enable sticky sessions for its name.", recovery: .later(after: nil)
  )

  static func incomplete(_ sink: String) -> Failure {
    Failure(
      "sink.http.incomplete", exit: .bug,
      "Sending to \(sink): a batch ended without an answer for each of its events; it stays in the journal.",
      hint: "Report this.", recovery: .later(after: nil))
  }
}
