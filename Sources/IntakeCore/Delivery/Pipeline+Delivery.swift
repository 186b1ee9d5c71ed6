// Delivering side by side: a lane for each sink, and the commits that follow what they acknowledge.

extension Pipeline {
  /// Runs `body` while each open sink has a lane of its own: a thread that delivers from the sink's own position.
  ///
  /// A batch waits for every sink that is prompt. One that is not falls behind alone: `body` goes on, and the sink
  /// delivers from the journal meanwhile. When `body` is done, waits for the sinks that are behind as long as they move
  /// (`DeliveryLimits`), and then says in `sinkFailures` which have not caught up. Within `body` the call only runs its own.
  /// - Throws: what `body` throws, else a failed commit, or an entry of the journal that cannot be read back.
  package mutating func delivering<Value: Sendable>(
    _ body: (inout Self) async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await delivering(before: .max, body)
  }

  /// - Parameter first: entries from this one on are offered by `body` itself.
  private mutating func delivering<Value: Sendable>(
    before first: UInt64, _ body: (inout Self) async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    guard !isDelivering else { return try await body(&self) }
    lanes = makeLanes(before: first)
    isDelivering = true
    let (result, end) = await withTaskGroup(of: Void.self) { group in
      for lane in lanes {
        let executor = ThreadExecutor(name: "message-trace.sink.\(lane.sink.name)", pool: .peers)
        group.addTask(executorPreference: executor) {
          await lane.run()
        }
      }
      let result = await Failure.caught { () async throws(Failure) in try await body(&self) }
      let end = await waitForLanes()
      group.cancelAll()
      await group.waitForAll()
      return (result, end)
    }
    defer { (lanes, isDelivering) = ([], false) }
    let left = Result { () throws(Failure) in try leaveLanes() }
    let value = try result.get()
    try end.get()
    try left.get()
    return value
  }

  private func makeLanes(before first: UInt64) -> [Lane] {
    sinks.compactMap { sink in
      guard sinkFailures[sink.name] == nil, let position = state.checkpoint.sinks[sink.name] else { return nil }
      let pending = state.pending.filter { $0 > position.sequence && $0 < first }
      return Lane(sink, at: position, pending: pending, reader: state.reader, pipeline: signal)
    }
  }

  /// Deliver to remove, for the entry that was just journaled.
  mutating func deliverAndCommit(_ entry: JournalEntry) async throws(Failure) {
    guard isDelivering else {
      return try await delivering(before: entry.sequence) { (pipeline) async throws(Failure) in
        try await pipeline.deliverAndCommit(entry)
      }
    }
    for lane in lanes { lane.offer(entry) }
    await waitForPrompt()
    var next = state.checkpoint
    next.cover(entry)
    try commitLanes(onto: next)
  }

  /// Delivers what is pending to the sinks that lack it. Sinks that turn out slow go on by themselves.
  mutating func deliverPending() async throws(Failure) {
    var next = state.checkpoint
    if let last = state.pending.last, last > next.sequence { next.cover(try state.entry(last)) }
    repeat {
      await waitForPrompt()
      try commitLanes(onto: next)
      next = state.checkpoint
    } while lanes.contains { !$0.standing.isIdle && !$0.standing.isSlow }
  }

  /// Commits what sinks that are behind acknowledge, until the page is there or none is behind.
  mutating func tend(until arrival: Arrival) async -> Result<Void, Failure> {
    while !arrival.isThere, lanes.contains(where: { !$0.standing.isIdle }) {
      do { try commitLanes(onto: state.checkpoint) } catch { return .failure(error) }
      if !arrival.isThere { await signal.wait(atMost: .seconds(1)) }
    }
    return .success(())
  }

  /// Waits until every prompt lane is at rest; those that are not in time are slow from then on.
  private func waitForPrompt() async {
    let end = limits.prompt.map { ContinuousClock.now + $0 }
    while true {
      let moving = lanes.filter { !$0.standing.isAtRest && !$0.standing.isSlow }
      guard !moving.isEmpty else { return }
      let left = end.map { $0 - ContinuousClock.now }
      if let left, left <= .zero {
        for lane in moving { lane.markSlow() }
        return
      }
      await signal.wait(atMost: left)
    }
  }

  /// The end of a pass: sinks that are behind may go on as long as they move.
  private mutating func waitForLanes() async -> Result<Void, Failure> {
    defer { for lane in lanes { lane.close() } }
    let ended = ContinuousClock.now
    var watch = StallWatch()
    while !hasLostState {
      do { try commitLanes(onto: state.checkpoint) } catch { return .failure(error) }
      let busy = lanes.filter { !$0.standing.isIdle }
      guard !busy.isEmpty, !Task.isCancelled else { break }
      if let stall = limits.stall, watch.areStill(busy, for: stall) { break }
      if let linger = limits.linger, ContinuousClock.now - ended >= linger {
        for lane in busy { lane.close() }
      }
      await signal.wait(atMost: min(.seconds(1), (limits.stall ?? .seconds(1)) / 4))
    }
    return .success(())
  }

  /// After the last lane has ended: commits the last positions and notes who is behind.
  private mutating func leaveLanes() throws(Failure) {
    guard !hasLostState else { return }
    try commitLanes(onto: state.checkpoint)
    for lane in lanes where !lane.standing.isCaughtUp {
      let failure = sinkFailures[lane.sink.name]
      guard failure == nil || failure == .stopped else { continue }
      sinkFailures[lane.sink.name] = Task.isCancelled ? .stopped : .isBehind(lane.sink.name)
    }
  }

  /// Record to remove: one commit for all that has moved, none where nothing has.
  private mutating func commitLanes(onto checkpoint: Checkpoint) throws(Failure) {
    guard !hasLostState else { return }
    var next = checkpoint
    var unread: Failure?
    for lane in lanes {
      let standing = lane.standing
      next.sinks[lane.sink.name] = standing.position
      if let failure = standing.failure { sinkFailures[lane.sink.name] = failure }
      unread = unread ?? standing.journalFailure
    }
    try commit(next)
    for lane in lanes { lane.noteCommitted(next.sinks[lane.sink.name]) }
    if let unread { throw unread }
  }
}

extension Checkpoint {
  /// Applies the cursors of a journal entry.
  fileprivate mutating func cover(_ entry: JournalEntry) {
    sequence = max(sequence, entry.sequence)
    for (name, instant) in entry.cursors { advance(name, to: instant) }
  }
}

extension Failure {
  /// The result of a body that throws, for closures that must not.
  static func caught<Value>(_ body: () async throws(Failure) -> Value) async -> Result<Value, Failure> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  fileprivate static func isBehind(_ sink: String) -> Failure {
    Failure(
      "sink.behind", exit: .tryLater,
      "Delivering to \(sink): it has not taken everything in time; its batches wait in the journal.",
      hint: "Look at why the receiver is slow or does not read; the next pass goes on where this one stopped.",
      recovery: .later(after: nil))
  }
}
