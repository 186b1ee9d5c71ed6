// The spec of a Kafka sink: `kafka://HOST:PORT[,HOST:PORT…]/TOPIC`, with options.

internal import IntakeCore

struct KafkaTarget: SinkTarget {
  static let schemes = ["kafka"]

  private let settings: KafkaSettings
  /// Shared by every sink made from here.
  private let kept = KafkaLink.Kept()

  init(_ text: SinkText) throws(Failure) { settings = try KafkaSettings(parsing: text.text) }

  /// A secret is read again with every connection: a token may have been replaced.
  func loadSecrets(_ environment: [String: String]) throws(Failure) {}

  func makeSink(_ context: SinkContext) -> any Sink {
    KafkaSink(settings, owner: context.owner, log: context.log, time: context.time, receiver: kept)
  }

  func check(_ context: SinkContext) throws(Failure) -> [SinkFinding] {
    let writer = settings.writer(of: context.owner)
    try KafkaLink(settings, writer: writer, kept: kept, taken: GrowingCount(), probe: { _ in }).reach()
    return [SinkFinding("The brokers answer, both topics exist, and the transactional id may be used.")]
  }
}
