// Reads the marker topic when a sink connects: which batches its writer has committed.

internal import CSystem
internal import IntakeCore

/// Reads every partition of the marker topic from its beginning to the end that it had when the reading began.
///
/// A `read_committed` reader stands still before the first open transaction of any writer. So the end is asked for with a
/// reader that sees everything, and the reading goes on until it is reached: an open transaction of another writer ends
/// within its timeout.
struct KafkaMarkerReader: Sendable {
  private let settings: KafkaSettings
  private let writer: String
  /// Sees what is committed.
  private let committed: KafkaHandle
  /// Sees everything.
  private let all: KafkaHandle

  private static let beginning: Int64 = -2
  private static let slice: Int32 = 250

  init(_ settings: KafkaSettings, _ writer: String, _ secret: Secret?) throws(Failure) {
    self.settings = settings
    self.writer = writer
    func open(_ isolation: String) throws(Failure) -> KafkaHandle {
      let properties = settings.consumerProperties(isolation, password: secret)
      let handle = try KafkaHandle(.consumer, properties, name: settings.name)
      if let secret, settings.mechanism == .bearer { try handle.sign(secret, settings.name) }
      return handle
    }
    committed = try open("read_committed")
    all = try open("read_uncommitted")
  }

  /// - Throws: where one of the topics does not exist; a consumer never creates one.
  func findTopics() throws(KafkaFault) {
    _ = try all.partitions(of: settings.topic, within: Self.milliseconds(settings.timeout))
    guard settings.transactions == .yes else { return }
    _ = try all.partitions(of: settings.markerTopic, within: Self.milliseconds(settings.timeout))
  }

  /// Empty where the topic does not exist yet.
  func markers() throws(KafkaFault) -> Set<KafkaMarker> {
    let end = ContinuousClock.now + settings.timeout * 2
    let partitions: Int32
    do {
      partitions = try all.partitions(of: settings.markerTopic, within: Self.milliseconds(settings.timeout))
    } catch {
      guard error.code == KafkaFault.Code.topicMissing else { throw error }
      return []
    }
    var found: Set<KafkaMarker> = []
    for partition in 0..<partitions { try read(partition, into: &found, until: end) }
    guard !found.isEmpty, try isEmpty(settings.topic) else { return found }
    return []
  }

  /// True for a topic that never held a record: one that was made anew holds nothing of what old markers say.
  private func isEmpty(_ topic: String) throws(KafkaFault) -> Bool {
    for partition in 0..<(try all.partitions(of: topic, within: Self.milliseconds(settings.timeout))) {
      guard try end(of: partition, in: topic) == 0 else { return false }
    }
    return true
  }

  private func read(
    _ partition: Int32, into found: inout Set<KafkaMarker>, until end: ContinuousClock.Instant
  ) throws(KafkaFault) {
    let last = try self.end(of: partition, in: settings.markerTopic)
    guard last > 0 else { return }
    let calls = committed.calls
    guard let topic = unsafe committed.topic(settings.markerTopic),
      unsafe calls.consume_start(topic, partition, Self.beginning) == 0
    else { throw committed.fault(calls.last_error()) }
    defer { _ = unsafe calls.consume_stop(topic, partition) }
    while true {
      guard !Task.isCancelled else { throw .cancelled }
      guard ContinuousClock.now < end else { throw committed.fault(KafkaFault.Code.timedOut) }
      committed.poll()
      guard let message = unsafe calls.consume(topic, partition, Self.slice) else { continue }
      defer { unsafe calls.message_destroy(message) }
      let (error, offset) = unsafe (message.pointee.error, message.pointee.offset)
      if error == KafkaFault.Code.partitionEnd, offset >= last { return }
      if error == 0, let marker = unsafe marker(message.pointee) { found.insert(marker) }
      guard error == 0 || error == KafkaFault.Code.partitionEnd || error == KafkaFault.Code.transport else {
        throw committed.fault(error)
      }
    }
  }

  /// Behind the last record; 0 for a partition that never held one.
  private func end(of partition: Int32, in topic: String) throws(KafkaFault) -> Int64 {
    var (low, high): (Int64, Int64) = (0, 0)
    let result = unsafe all.calls.query_watermark_offsets(
      all.pointer, topic, partition, &low, &high, Self.milliseconds(settings.timeout))
    guard result == 0 else { throw all.fault(result) }
    return high
  }

  private func marker(_ message: csystem_kafka_message) -> KafkaMarker? {
    let key = unsafe UnsafeRawBufferPointer(start: message.key, count: message.key_length)
    let value = unsafe UnsafeRawBufferPointer(start: message.payload, count: message.length)
    return unsafe KafkaMarker(key: Array(key), value: Array(value), writer: writer)
  }

  private static func milliseconds(_ duration: Duration) -> Int32 { Int32(clamping: duration.ticks / 10_000) }
}
