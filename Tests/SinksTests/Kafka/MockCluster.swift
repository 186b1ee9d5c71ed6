// librdkafka's own mock cluster inside the test process: three brokers on loopback that any client can talk to.

internal import CSystem
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

/// Answers every call of a producer and a consumer; isolates and fences nothing. Ends with its last reference.
final class MockCluster: Sendable {
  /// Kafka's numbers of requests.
  enum Request: Int16, Sendable, CaseIterable {
    case produce = 0
    case metadata = 3
    case findCoordinator = 10
    case initProducer = 22
    case addPartitions = 24
    case endTransaction = 26
  }

  let servers: String
  private let handle: KafkaHandle
  private let bits: UInt

  private typealias New = @convention(c) (UnsafeMutableRawPointer?, Int32) -> UnsafeMutableRawPointer?
  private typealias Text = @convention(c) (UnsafeMutableRawPointer?) -> UnsafePointer<CChar>?
  private typealias Create = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, Int32, Int32) -> Int32
  private typealias TopicError = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, Int32) -> Void
  private typealias Push = @convention(c) (UnsafeMutableRawPointer?, Int16, Int, UnsafePointer<Int32>?) -> Void
  private typealias Clear = @convention(c) (UnsafeMutableRawPointer?, Int16) -> Void
  private typealias Broker = @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32
  private typealias End = @convention(c) (UnsafeMutableRawPointer?) -> Void

  struct Missing: Error {}

  static var isWanted: Bool {
    let isCI = unsafe getenv("CI").map { unsafe String(cString: $0) } == "true"
    return isCI || (try? KafkaLibrary.loaded(for: "test")) != nil && InstalledProgram.path(of: "kcat") != nil
  }

  init(brokers: Int32 = 3) throws {
    handle = try KafkaHandle(.producer, [("client.id", "mock")], name: "mock")
    let new: New = try unsafe Self.find("cluster_new")
    let bootstraps: Text = try unsafe Self.find("cluster_bootstraps")
    guard let cluster = unsafe new(handle.pointer, brokers), let text = unsafe bootstraps(cluster) else {
      throw Missing()
    }
    bits = UInt(bitPattern: cluster)
    servers = unsafe String(cString: text)
  }

  deinit {
    guard let end: End = try? unsafe Self.find("cluster_destroy") else { return }
    unsafe end(cluster)
  }

  private var cluster: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: bits) }

  @unsafe private static func find<Function>(_ name: String) throws -> Function {
    guard let library = unsafe dlopen("librdkafka.so.1", RTLD_NOW),
      let symbol = unsafe dlsym(library, "rd_kafka_mock_\(name)")
    else { throw Missing() }
    return unsafe unsafeBitCast(symbol, to: Function.self)
  }

  func create(_ topic: String, partitions: Int32) throws {
    let create: Create = try unsafe Self.find("topic_create")
    guard unsafe create(cluster, topic, partitions, 3) == 0 else { throw Missing() }
  }

  /// Whoever asks for the topic gets this error; the mock itself creates what it does not have.
  func fail(_ topic: String, with code: Int32) throws {
    let call: TopicError = try unsafe Self.find("topic_set_error")
    unsafe call(cluster, topic, code)
  }

  /// The next requests of that kind get these errors, one each.
  func inject(_ errors: [Int32], _ request: Request) throws {
    let push: Push = try unsafe Self.find("push_request_errors_array")
    unsafe push(cluster, request.rawValue, errors.count, errors)
  }

  func clearErrors() throws {
    let clear: Clear = try unsafe Self.find("clear_request_errors")
    for request in Request.allCases { unsafe clear(cluster, request.rawValue) }
  }

  /// Disconnects everyone and accepts no one, or accepts again.
  func set(down isDown: Bool) throws {
    let call: Broker = try unsafe Self.find(isDown ? "broker_set_down" : "broker_set_up")
    _ = unsafe call(cluster, -1)
  }

  /// Each record's key and value as kcat, a foreign client, reads them with `read_committed`.
  func records(_ topic: String) throws -> [(key: String, value: String)] {
    let arguments = [
      "kcat", "-C", "-e", "-q", "-b", servers, "-t", topic, "-o", "beginning", "-X", "isolation.level=read_committed",
      "-f", "%k\\t%s\\n",
    ]
    let result = try TestProgram(arguments).capture()
    return result.output.split(separator: 0x0A).map { line in
      let parts = line.split(separator: 0x09, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
      return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
  }
}
