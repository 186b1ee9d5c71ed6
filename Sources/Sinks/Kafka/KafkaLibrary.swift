// librdkafka, opened when a Kafka sink first needs it: nothing is linked, nothing is loaded by a program without one.

internal import CSystem
internal import IntakeCore

/// The loaded library; its table of calls lives as long as the process does.
struct KafkaLibrary: Sendable {
  private let bits: UInt

  private static let shared = KafkaLibrary()

  /// - Throws: `sink.kafka.library` (71), naming the package to install.
  static func loaded(for name: String) throws(Failure) -> KafkaLibrary {
    if let shared { return shared }
    throw Failure(
      "sink.kafka.library", exit: .system, "Opening \(name): librdkafka.so.1 could not be loaded.",
      hint: "Install librdkafka 1.6 or later (Debian and Ubuntu: librdkafka1; Fedora: librdkafka).")
  }

  private init?() {
    let table = UnsafeMutablePointer<csystem_kafka>.allocate(capacity: 1)
    unsafe table.initialize(to: csystem_kafka())
    guard unsafe csystem_kafka_load(table, "librdkafka.so.1") == 1 else {
      unsafe table.deallocate()
      return nil
    }
    bits = UInt(bitPattern: table)
  }

  var calls: csystem_kafka {
    guard let table = unsafe UnsafePointer<csystem_kafka>(bitPattern: bits) else { return csystem_kafka() }
    return unsafe table.pointee
  }
}
