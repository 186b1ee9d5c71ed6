// A receiver taken down again and again while a sender sends: how much is lost, how much comes twice.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

/// Our sink, or a loop that trusts `send(2)`.
enum TrialSender: String, Sendable, CaseIterable { case ours, plain }

struct BreakTrial: Sendable {
  var batches = 40
  var perBatch = 1_000
  var breaks = 6
  var signal = SIGTERM
  var seed: UInt64

  struct Outcome: Sendable {
    var runs = 1
    var sent = 0
    var breaks = 0
    var lost = 0
    var repeated = 0
    /// Warnings that the receiver's kernel alone is trusted from now on.
    var downgrades = 0
  }

  /// Sends everything through breaks at moments that the seed chooses, then ends the receiver in order and counts.
  func run(_ receiver: any MortalReceiver, _ sender: TrialSender, _ connector: any Connector) async throws -> Outcome {
    let warnings = Locked(0)
    return try await run(receiver, warnings, try self.sender(sender, connector) { warnings.update { $0 += 1 } })
  }

  /// The same with any sender.
  func run(
    _ receiver: any MortalReceiver, _ warnings: Locked<Int> = Locked(0),
    _ send: @escaping @Sendable (JournalEntry) async throws -> Void
  ) async throws -> Outcome {
    var chance = Chance(seed)
    let broken = Set((0..<batches).shuffled(using: &chance).prefix(breaks))
    var usual = Duration.milliseconds(5)
    try await receiver.start()
    for number in 0..<batches {
      let entry = Self.entry(UInt64(number + 1), count: perBatch)
      let executor = ThreadExecutor(name: "sender")
      let start = ContinuousClock.now
      async let done: Void = withTaskExecutorPreference(executor) { try await send(entry) }
      if broken.contains(number) {
        try await Task.sleep(for: usual * Double.random(in: 0...1.2, using: &chance))
        receiver.stop(signal)
        try await receiver.start()
        try await done
      } else {
        try await done
        usual = ContinuousClock.now - start
      }
    }
    try await settle(receiver)
    receiver.stop(SIGTERM)
    return try count(receiver, downgrades: warnings.value)
  }

  /// What a sender that waits for nothing has left on its way is not held against it.
  private func settle(_ receiver: any MortalReceiver) async throws {
    var before = -1
    while case let now = try receiver.arrived().count, now != before {
      before = now
      try await Task.sleep(for: .milliseconds(150))
    }
  }

  private func count(_ receiver: any MortalReceiver, downgrades: Int) throws -> Outcome {
    var counts = [Int](repeating: 0, count: batches * perBatch)
    for identity in try receiver.arrived() {
      let index = (Int(identity.high) - 1) * perBatch + Int(identity.low)
      try #require(counts.indices.contains(index), "an event that was never sent")
      counts[index] += 1
    }
    return Outcome(
      sent: counts.count, breaks: breaks, lost: counts.count { $0 == 0 },
      repeated: counts.reduce(0) { $0 + max(0, $1 - 1) }, downgrades: downgrades)
  }

  private func sender(
    _ sender: TrialSender, _ connector: any Connector, warned: @escaping @Sendable () -> Void
  ) throws -> @Sendable (JournalEntry) async throws -> Void {
    let options = try SyslogOptions(.tcp, query: "", spec: "tcp://trial")
    switch sender {
    case .plain:
      let plain = PlainSender(connector: connector, format: SyslogFormat(options, framing: .octetCounting))
      return { entry in try plain.send(entry) }
    case .ours:
      let sink = StreamSink(
        name: "trial", options: options, connector: connector, log: Log(level: .warning, write: { _ in warned() }),
        time: .system)
      return { entry in try await Self.deliver(entry, sink) }
    }
  }

  /// As the pipeline does: a batch that was given back comes again.
  static func deliver(_ entry: JournalEntry, _ sink: any Sink) async throws {
    for _ in 0..<2_400 {
      if (try? await sink.deliver(entry, from: SinkPosition(sequence: entry.sequence - 1))) != nil { return }
      try await Task.sleep(for: .milliseconds(250))
    }
    throw FileFault(.write, "trial", ETIMEDOUT)
  }

  static func entry(_ sequence: UInt64, count: Int) -> JournalEntry {
    var entry = JournalEntry(sequence: sequence, bytes: [], entries: [], cursors: [:])
    let text = Array(
      #"{"@timestamp":"2026-11-21T05:06:07.089Z","event.outcome":"success","email.subject":"\#(String(repeating: "Quarterly report ", count: 20))"}"#
        .utf8)
    for low in 0..<UInt64(count) {
      entry.bytes.append(contentsOf: text)
      entry.bytes.append(0x0A)
      entry.entries.append(
        Batch.Entry(
          identity: Identity(high: sequence, low: low), received: Instant(seconds: 1_790_000_000),
          end: entry.bytes.count))
    }
    return entry
  }
}

/// What most forwarders do: write, reconnect when writing fails, and write again what failed.
private final class PlainSender: Sendable {
  private let connector: any Connector
  private let format: SyslogFormat
  private let connection = Mutex<(any StreamConnection)?>(nil)

  init(connector: any Connector, format: SyslogFormat) {
    self.connector = connector
    self.format = format
  }

  func send(_ entry: JournalEntry) throws {
    var start = 0
    for from in stride(from: 0, to: entry.entries.count, by: 20) {
      var piece: [UInt8] = []
      for one in entry.entries[from..<min(from + 20, entry.entries.count)] {
        format.append(entry.bytes[start..<one.end], one, to: &piece)
        start = one.end
      }
      try send(piece)
    }
  }

  private func send(_ piece: [UInt8]) throws {
    for _ in 0..<2_000 {
      do {
        let known = try connection.withLock { $0 } ?? connector.connect(name: "plain")
        connection.withLock { $0 = known }
        return try known.send(piece)
      } catch {
        connection.withLock { $0 = nil }
        usleep(10_000)
      }
    }
    throw FileFault(.write, "plain", ETIMEDOUT)
  }
}

/// SplitMix64: the same numbers for the same seed.
struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
