// The producer's calls, each with a deadline and an eye on cancellation: librdkafka would wait for minutes.

internal import CSystem
internal import IntakeCore

/// A connected producer. Used by one thread at a time.
struct KafkaProducer: Sendable {
  let handle: KafkaHandle
  private let settings: KafkaSettings
  /// Copies payloads.
  private static let copy: Int32 = 2
  /// How long one call into the library may take before cancellation is looked at.
  private static let slice: Int32 = 250

  init(_ settings: KafkaSettings, writer: String, _ secret: Secret?) throws(Failure) {
    self.settings = settings
    let properties = settings.producerProperties(writer: writer, password: secret)
    handle = try KafkaHandle(.producer, properties, name: settings.name)
    if let secret, settings.mechanism == .bearer { try handle.sign(secret, settings.name) }
  }

  /// Registers the transactional id: earlier holders are fenced, and what they left open is committed or aborted.
  func initTransactions() throws(KafkaFault) {
    try unsafe untilDone { calls, handle in unsafe calls.init_transactions(handle, Self.slice) }
  }

  func begin() throws(KafkaFault) {
    guard let error = unsafe handle.calls.begin_transaction(handle.pointer) else { return }
    throw unsafe handle.fault(consuming: error)
  }

  /// Ambiguous where it throws: the next handle has to look whether it went through.
  func commit() throws(KafkaFault) {
    try unsafe untilDone { calls, handle in unsafe calls.commit_transaction(handle, Self.slice) }
  }

  /// Puts every event of the batch on its way, keyed by its id.
  func produce(_ entry: JournalEntry) throws(KafkaFault) {
    let calls = handle.calls
    var start = 0
    for (index, one) in entry.entries.enumerated() {
      let line = entry.bytes[start..<one.end].last == .lineFeed ? start..<(one.end - 1) : start..<one.end
      start = one.end
      let key = Array(one.identity.hex.utf8)
      if line.count <= settings.maxBytes {
        try produce(entry.bytes[line], key, settings.topic, calls)
      } else {
        let shrunk = EventShrinking.shrink(Array(entry.bytes[line]), to: settings.maxBytes)
        try produce(shrunk[...], key, settings.topic, calls)
      }
      if index % 1_024 == 1_023 { handle.poll() }
    }
  }

  /// Puts the marker on its way.
  func produce(_ marker: KafkaMarker, writer: String) throws(KafkaFault) {
    try produce(marker.value[...], marker.key(writer), settings.markerTopic, handle.calls)
  }

  private func produce(
    _ value: ArraySlice<UInt8>, _ key: [UInt8], _ topic: String, _ calls: csystem_kafka
  ) throws(KafkaFault) {
    let topic = unsafe handle.topic(topic)
    // -1: the partition is chosen by the key.
    let result = unsafe value.withUnsafeBytes { bytes in
      unsafe calls.produce(topic, -1, Self.copy, bytes.baseAddress, bytes.count, key, key.count, nil)
    }
    guard result != 0 else { return }
    throw handle.fault(calls.last_error())
  }

  /// Waits until the brokers have every message; `progress` counts those that they took.
  func flush(_ progress: GrowingCount) throws(KafkaFault) {
    var left = handle.queued
    var end = ContinuousClock.now + settings.timeout
    while left > 0 {
      try look(until: end)
      handle.flush(100)
      guard !handle.isOver else { throw handle.fault(KafkaFault.Code.fatal) }
      let now = handle.queued
      if now < left {
        progress.add(left - now)
        (left, end) = (now, ContinuousClock.now + settings.timeout)
      }
    }
    let failures = handle.takeFailures()
    guard failures.count == 0 else { throw handle.fault(failures.first) }
  }

  private func untilDone(
    _ call: (csystem_kafka, UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
  ) throws(KafkaFault) {
    let end = ContinuousClock.now + settings.timeout
    while let error = unsafe call(handle.calls, handle.pointer) {
      let fault = unsafe handle.fault(consuming: error)
      guard fault.isRetriable, fault.remedy == .again else { throw fault }
      try look(until: end, fault)
    }
  }

  /// - Throws: a fault of code 0 once the task is cancelled.
  private func look(until end: ContinuousClock.Instant, _ fault: KafkaFault? = nil) throws(KafkaFault) {
    guard !Task.isCancelled else { throw .cancelled }
    guard ContinuousClock.now < end else {
      var late = fault ?? handle.fault(KafkaFault.Code.timedOut)
      late.isRetriable = false
      throw late
    }
  }
}

extension KafkaFault {
  static let cancelled = KafkaFault(code: 0, name: "cancelled")
}

extension KafkaHandle {
  /// Sets the bearer token of SASL OAUTHBEARER.
  func sign(_ token: Secret, _ name: String) throws(Failure) {
    var text = [CChar](repeating: 0, count: 256)
    // Read again with every handle; the brokers decide how long it is good for.
    let expiry = (TimeSource.system.now().ticks / 10_000) + 3_600_000
    let result = unsafe calls.oauthbearer_set_token(
      pointer, token.revealed, expiry, "message-trace", nil, 0, &text, text.count)
    guard result == 0 else {
      throw Failure(
        "sink.kafka.token", exit: .configuration, "Opening \(name): librdkafka does not accept the bearer token.",
        hint: "Check that the file or variable holds the token alone.")
    }
  }
}
