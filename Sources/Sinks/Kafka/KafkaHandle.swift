// One handle of librdkafka, a producer or a consumer, with what its callbacks have noted.

internal import CSystem
internal import IntakeCore
internal import Synchronization

/// An `rd_kafka_t`, destroyed with its last reference. Used by one thread at a time; librdkafka has threads of its own.
final class KafkaHandle: Sendable {
  enum Kind: Int32, Sendable { case producer, consumer }

  private let library: KafkaLibrary
  private let bits: UInt
  private let notesBits: UInt
  private let topics = Mutex<[String: UInt]>([:])

  var calls: csystem_kafka { library.calls }
  var pointer: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: bits) }
  private var notesPointer: UnsafeMutablePointer<csystem_kafka_notes>? {
    unsafe UnsafeMutablePointer(bitPattern: notesBits)
  }

  /// - Parameters:
  ///   - properties: names and values after librdkafka's CONFIGURATION.md.
  ///   - name: the sink's, for errors.
  init(_ kind: Kind, _ properties: [(name: String, value: String)], name: String) throws(Failure) {
    library = try KafkaLibrary.loaded(for: name)
    let calls = library.calls
    let notes = UnsafeMutablePointer<csystem_kafka_notes>.allocate(capacity: 1)
    unsafe notes.initialize(to: csystem_kafka_notes())
    notesBits = UInt(bitPattern: notes)
    var text = [CChar](repeating: 0, count: 512)
    let conf = calls.conf_new()
    for property in properties {
      guard unsafe calls.conf_set(conf, property.name, property.value, &text, text.count) != 0 else { continue }
      // The text repeats the value, which may be a secret.
      unsafe calls.conf_destroy(conf)
      unsafe notes.deallocate()
      throw Self.unusable(name, "librdkafka does not accept \(property.name)")
    }
    var table = calls
    unsafe csystem_kafka_watch(&table, conf, notes)
    guard let handle = unsafe calls.new(kind.rawValue, conf, &text, text.count) else {
      unsafe calls.conf_destroy(conf)
      unsafe notes.deallocate()
      throw Self.unusable(name, "librdkafka refuses the settings (\(Self.text(text)))")
    }
    bits = UInt(bitPattern: handle)
  }

  deinit {
    let calls = calls
    for topic in topics.withLock({ $0.values }) {
      unsafe calls.topic_destroy(UnsafeMutableRawPointer(bitPattern: topic))
    }
    unsafe calls.destroy(pointer)
    unsafe notesPointer?.deallocate()
  }

  private static func unusable(_ name: String, _ what: String) -> Failure {
    Failure(
      "sink.kafka.settings", exit: .configuration, "Opening \(name): \(what).",
      hint: "Check the sink's options and the files that they name; librdkafka may be too old for them.")
  }

  /// Visible ASCII up to the first NUL, for a sentence.
  private static func text(_ characters: [CChar]) -> String {
    let bytes = characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)).filter { (0x20...0x7E).contains($0) }
    return String(decoding: bytes.prefix(200), as: UTF8.self)
  }

  /// The topic's own handle, made once.
  func topic(_ name: String) -> UnsafeMutableRawPointer? {
    let bits = topics.withLock { topics -> UInt in
      if let known = topics[name] { return known }
      guard let new = unsafe calls.topic_new(pointer, name, nil) else { return 0 }
      topics[name] = UInt(bitPattern: new)
      return UInt(bitPattern: new)
    }
    return unsafe UnsafeMutableRawPointer(bitPattern: bits)
  }

  /// Lets callbacks run.
  func poll(_ milliseconds: Int32 = 0) { _ = unsafe calls.poll(pointer, milliseconds) }

  /// Lets callbacks run until every message is answered, and lets none of them wait for others.
  func flush(_ milliseconds: Int32) { _ = unsafe calls.flush(pointer, milliseconds) }

  var queued: Int { unsafe Int(calls.outq_len(pointer)) }

  /// What was noted before does not explain what comes.
  func forgetErrors() { unsafe notesPointer?.pointee.error = 0 }

  /// Fenced, or broken for another reason for good.
  var isOver: Bool { unsafe calls.fatal_error(pointer, nil, 0) != 0 }

  /// Messages given up since the last call, and why the first of them was.
  func takeFailures() -> (count: Int, first: Int32) {
    guard let notes = unsafe notesPointer else { return (0, 0) }
    defer { unsafe (notes.pointee.failed, notes.pointee.failure) = (0, 0) }
    return unsafe (Int(notes.pointee.failed), notes.pointee.failure)
  }

  /// A fault with that code. What the handle itself has noted, such as a refused sign-in, explains a call that timed out.
  /// A handle that is over, such as a fenced one, says why only there.
  func fault(_ code: Int32) -> KafkaFault {
    poll()
    let final = unsafe calls.fatal_error(pointer, nil, 0)
    var fault = KafkaFault(code: final == 0 ? code : final, name: name(final == 0 ? code : final))
    guard let notes = unsafe notesPointer, unsafe notes.pointee.error != 0 else { return fault }
    let vague = [KafkaFault.Code.timedOut, KafkaFault.Code.transport, KafkaFault.Code.messageTimedOut]
    let isVague = vague.contains(fault.code)
    if isVague {
      fault.code = unsafe notes.pointee.error
      fault.name = name(fault.code)
    }
    var reason: [CChar] = []
    unsafe withUnsafeBytes(of: &notes.pointee.reason) { unsafe reason = $0.map(CChar.init(bitPattern:)) }
    fault.reason = Self.text(reason)
    return fault
  }

  /// The fault that an error object stands for, which is destroyed.
  func fault(consuming error: UnsafeMutableRawPointer) -> KafkaFault {
    let calls = calls
    var fault = unsafe fault(calls.error_code(error))
    fault.isRetriable = unsafe calls.error_is_retriable(error) != 0 && calls.error_is_fatal(error) == 0
    unsafe calls.error_destroy(error)
    return fault
  }

  private func name(_ code: Int32) -> String {
    guard let text = calls.err2name(code) else { return "\(code)" }
    return unsafe String(cString: text)
  }
}

extension KafkaHandle {
  /// The number of partitions; asks the brokers.
  func partitions(of topic: String, within milliseconds: Int32) throws(KafkaFault) -> Int32 {
    let calls = calls
    var found: UnsafePointer<csystem_kafka_metadata>?
    let result = unsafe calls.metadata(pointer, 0, self.topic(topic), &found, milliseconds)
    guard result == 0, let metadata = unsafe found else {
      throw fault(result == 0 ? KafkaFault.Code.transport : result)
    }
    defer { unsafe calls.metadata_destroy(metadata) }
    var error: Int32 = 0
    let count = unsafe csystem_kafka_partitions(metadata, &error)
    guard error == 0 else { throw fault(error) }
    return count
  }
}
