// Kills and injected errors into the mock cluster, by a seed, and what a foreign reader finds behind them.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

/// One topic with one partition; every batch is delivered until it is acknowledged, as the pipeline does.
struct KafkaTrial: Sendable {
  var batches = 6
  var perBatch = 40
  var seed: UInt64

  struct Outcome: Sendable {
    var seeds = 1
    var sent = 0
    var kills = 0
    var injected = 0
    var lost = 0
    /// Events of batches whose transaction was sent to its end more than once.
    var doubled = 0
    /// Records of attempts that ended before their marker: a broker aborts them, the mock shows them.
    var aborted = 0

    mutating func add(_ other: Outcome) {
      seeds += other.seeds
      sent += other.sent
      kills += other.kills
      injected += other.injected
      lost += other.lost
      doubled += other.doubled
      aborted += other.aborted
    }
  }

  /// What the brokers are made to answer; below 0 the connection is cut.
  private static let errors: [(MockCluster.Request, [Int32])] = [
    (.produce, [19, 7, 6, 47, 29, 10, -195]), (.endTransaction, [51, 7, 47, 48, 90, 14, 16, -195]),
    (.addPartitions, [51, 47, 3, 14, 16, -195]), (.initProducer, [51, 53, 14, 16, -195]),
    (.findCoordinator, [15, -195]),
    (.metadata, [-195, 5]),
  ]

  func run(_ cluster: MockCluster) async throws -> Outcome {
    var chance = Chance(seed)
    var outcome = Outcome(sent: batches * perBatch)
    let settings = try KafkaSettings(parsing: "kafka://\(cluster.servers)/seed\(seed)?timeout=5")
    try cluster.create(settings.topic, partitions: 1)
    try cluster.create(settings.markerTopic, partitions: 2)
    var kept = KafkaLink.Kept()
    for sequence in 1...UInt64(batches) {
      let entry = BreakTrial.entry(sequence, count: perBatch)
      var isDelivered = false
      for attempt in 0..<40 where !isDelivered {
        try cluster.clearErrors()
        // The last attempts are left in peace.
        let fatal =
          attempt < 30 && Int.random(in: 0..<3, using: &chance) == 0
          ? KafkaLink.Step.allCases.dropFirst().randomElement(using: &chance) : nil
        if attempt < 30, Int.random(in: 0..<3, using: &chance) == 0 {
          outcome.injected += try inject(into: cluster, &chance)
        }
        let sink = KafkaSink(settings, owner: "trial", log: .silent, time: .system, receiver: kept) {
          (step: KafkaLink.Step) throws(Failure) in
          if step == fatal { throw .stopped }
        }
        do {
          _ = try await sink.deliver(entry, from: SinkPosition(sequence: sequence - 1))
          isDelivered = true
        } catch {
          if error == .stopped { outcome.kills += 1 }
          // A process that was killed keeps nothing.
          kept = KafkaLink.Kept()
        }
      }
      try #require(isDelivered, "seed \(seed): batch \(sequence) was never acknowledged")
      if Int.random(in: 0..<4, using: &chance) == 0 { kept = KafkaLink.Kept() }
    }
    try count(cluster, settings, &outcome)
    return outcome
  }

  private func inject(into cluster: MockCluster, _ chance: inout Chance) throws -> Int {
    guard let (request, codes) = Self.errors.randomElement(using: &chance) else { return 0 }
    let picked = (0..<Int.random(in: 1...3, using: &chance)).compactMap { _ in codes.randomElement(using: &chance) }
    try cluster.inject(picked, request)
    return picked.count
  }

  private func count(_ cluster: MockCluster, _ settings: KafkaSettings, _ outcome: inout Outcome) throws {
    let keys = try cluster.records(settings.topic).map(\.key)
    let markers = try cluster.records(settings.markerTopic).map(\.value)
    outcome.aborted = keys.count - outcome.sent
    for sequence in 1...UInt64(batches) {
      let expected = (0..<UInt64(perBatch)).map { Identity(high: sequence, low: $0).hex }
      let ours = Set(expected)
      let whole = keys.filter(ours.contains).suffix(perBatch)
      outcome.lost += ours.subtracting(whole).count
      // The attempt that counts is the last one, whole and in order, and one marker stands for it.
      let copies = markers.count { $0.contains("\"sequence\":\(sequence),") }
      if copies == 0 || Array(whole) != expected { outcome.lost += perBatch }
      outcome.doubled += max(0, copies - 1) * perBatch
    }
  }
}
