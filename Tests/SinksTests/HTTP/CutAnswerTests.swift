// Answers that end after each of their bytes: the request was accepted, and the sink cannot know.

internal import HTTPTransport
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("answers cut at every byte") struct CutAnswerTests {
  @Test(
    "nothing is lost; elastic has each event once, the others repeat the batch in doubt",
    arguments: ReceivingService.allCases)
  func cut(service: ReceivingService) async throws {
    let most = 800
    let rules = (0..<most).map { count in
      FaultRule(.cut(count), on: ReceiverPath.of(service), .requests((2 * count + 1)...(2 * count + 1)))
    }
    let fixture = try HTTPFixture(messages: 1, faults: rules)
    let spec = try SinkSpec(parsing: fixture.sink(service, "?connections=1")).withSecrets(fixture.environment)
    let token = fixture.server.accessToken()
    let context = SinkContext(log: .silent, time: .quick) { signIn throws(Failure) in
      SimulatedToken(token: token, origin: signIn.origin)
    }
    let sink = try spec.makeSink(context)
    var position = try await sink.open(at: nil)
    var before = Receipt.nothing
    for count in 0..<most {
      position = try await sink.deliver(SinkContract.entry(UInt64(count) + 1), from: position)
      let after = fixture.server.receipt(service)
      let (new, repeated) = (after.count - before.events, after.conflicts - before.conflicts)
      before = (after.count, after.conflicts)
      // The answer was not cut any more.
      if new == 7 && repeated == 0 {
        #expect(count > 80)
        return
      }
      #expect(service == .elastic ? new == 7 && repeated == 7 : new == 14 && repeated == 0, "after \(count) bytes")
    }
    Issue.record("the answer has more than \(most) bytes")
  }
}

extension Receipt {
  fileprivate static let nothing = (events: 0, conflicts: 0)
}

/// A token of the simulator, which is always good.
private struct SimulatedToken: TokenSource {
  let token: String
  let origin: Origin

  func authorization() async throws(Failure) -> Authorization {
    guard let authorization = Authorization.bearer(Secret(token), for: origin) else { throw .stopped }
    return authorization
  }

  func refused() async -> Bool { false }
}

enum ReceiverPath {
  /// What the paths of its requests with events begin with.
  static func of(_ service: ReceivingService) -> String {
    switch service {
    case .elastic: "/_bulk"
    case .splunk: "/services/collector/event"
    case .sekoia: "/plain/batch"
    case .sentinel: "/dataCollectionRules/"
    case .https: "/receive"
    }
  }
}

extension TimeSource {
  /// The host's clock, with waits that end at once.
  static let quick = TimeSource(now: TimeSource.system.now, sleep: { _ throws(CancellationError) in })
}
