// The spec of a Kafka sink: `kafka://HOST:PORT[,HOST:PORT…]/TOPIC`, with options.

internal import HTTPTransport
internal import IntakeCore

struct KafkaTarget: SinkTarget {
  static let schemes = ["kafka"]

  private let settings: KafkaSettings
  /// Shared by every sink made from here.
  private let kept = KafkaLink.Kept()

  init(_ text: SinkText) throws(Failure) { settings = try KafkaSettings(text) }

  /// A secret is read again with every connection: a token may have been replaced.
  func loadSecrets(_ environment: [String: String]) throws(Failure) {}

  func makeSink(_ context: SinkContext) throws(Failure) -> any Sink {
    guard !context.isTrial else {
      var trial = settings
      trial.transactionalID = "\(settings.writer(of: context.owner))-check"
      return KafkaSink(trial, owner: context.owner, log: context.log, time: context.time, token: try token(context))
    }
    return KafkaSink(
      settings, owner: context.owner, log: context.log, time: context.time, token: try token(context), receiver: kept)
  }

  func check(_ context: SinkContext) async throws(Failure) -> [SinkFinding] {
    let writer = settings.writer(of: context.owner)
    let token = try await token(context)?()
    try KafkaLink(settings, writer: writer, kept: kept, taken: GrowingCount(), probe: { _ in }).reach(token)
    return [SinkFinding("The brokers answer, both topics exist, and the transactional id may be used.")]
  }

  /// The source's Entra sign-in for the brokers' namespace, as Event Hubs wants it; nil where the settings hold a secret.
  /// - Throws: `sink.spec` (78) for brokers of several names: a token is for one.
  private func token(_ context: SinkContext) throws(Failure) -> (@Sendable () async throws(Failure) -> Secret)? {
    guard settings.needsToken, let signIn = context.signIn else { return nil }
    let host = settings.brokers.first?.host.lowercased() ?? ""
    guard settings.brokers.allSatisfy({ $0.host.lowercased() == host }),
      let origin = Origin(scheme: "https", authority: host[...])
    else { throw settings.noToken }
    let source = try signIn(
      SinkSignIn(resource: "https://\(host)", origin: origin, clientID: nil, tenant: nil, secret: nil))
    return { [noToken = settings.noToken] () async throws(Failure) -> Secret in
      guard let token = try await source.authorization().bearerToken(for: origin) else { throw noToken }
      return token
    }
  }
}
