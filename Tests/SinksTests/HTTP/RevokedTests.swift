// Credentials that stop working in mid run: replaced where that is possible, else waited for, with nothing lost.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("credentials revoked in mid run", .ownThreads) struct RevokedTests {
  @Test("a token of Entra that is refused after it was good is replaced once, and the batch goes on")
  func sentinel() throws {
    let revoked = FaultRule(.tokenRevoked, on: ReceiverPath.of(.sentinel), .requests(3...3))
    let fixture = try HTTPFixture(faults: [revoked])
    let outcome = try fixture.run(sink: fixture.sink(.sentinel, "?batch-events=20&connections=1"))
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(fixture.verdict(.sentinel).isPerfect, "\(fixture.verdict(.sentinel))")
    let sent = fixture.server.requests().filter { $0.path.hasPrefix(ReceiverPath.of(.sentinel)) }
    #expect(sent.count { $0.status == 401 } == 1 && sent.count > 6, "\(sent.map(\.status))")
    #expect(Set(sent.compactMap { $0.header("authorization") }).count == 2)
  }

  struct Service: Sendable {
    var service: ReceivingService
    var secret: @Sendable (SimulatorSettings) -> String
    /// As the service answers.
    var status: Int
    var code: String
  }

  static let services = [
    Service(service: .elastic, secret: \.elasticAPIKey, status: 401, code: "sink.http.unauthorized"),
    Service(service: .splunk, secret: \.splunkToken, status: 403, code: "sink.http.forbidden"),
    Service(service: .sekoia, secret: \.sekoiaIntakeKey, status: 401, code: "sink.http.unauthorized"),
    Service(service: .https, secret: \.httpsToken, status: 401, code: "sink.http.unauthorized"),
  ]

  /// The third request with events and all later ones get the service's refusal.
  private func fixture(_ service: Service) throws -> HTTPFixture {
    try HTTPFixture(faults: [FaultRule(.credentialReplaced, on: ReceiverPath.of(service.service), .requests(3...3))])
  }

  @Test(
    "any other credential stops its sink, which says what to do; nothing is lost, and a new secret in its file is enough",
    arguments: services)
  func passes(service: Service) throws {
    let fixture = try fixture(service)
    let secret = service.secret(fixture.server.settings)
    let file = try fixture.secret(secret)
    let sink = fixture.sink(service.service, "?batch-events=20&connections=1&token-file=\(file)")
    var taken: [Int] = []
    for _ in 0..<2 {
      let outcome = try fixture.run(sink: sink)
      #expect(outcome.status == 77 && outcome.errors.contains(service.code), "\(outcome.errors)")
      #expect(outcome.errors.contains("HTTP \(service.status)") && outcome.errors.contains("Check the token"))
      #expect(!outcome.errors.contains(secret))
      taken.append(fixture.server.receipt(service.service).count)
    }
    #expect(taken[0] > 20 && taken[0] <= 40 && taken[1] == taken[0], "\(taken)")
    _ = try fixture.secret(SimulatorSettings.replaced(secret))
    let again = try fixture.run(sink: sink)
    #expect(again.status == 0, "\(again.errors)")
    var verdict = fixture.verdict(service.service)
    // Another process does not know how far the batch in doubt came; Elastic does.
    #expect(service.service == .elastic ? verdict.doubled == 0 : verdict.doubled <= 40, "\(verdict)")
    verdict.doubled = 0
    #expect(verdict.isPerfect, "\(verdict)")
  }

  @Test("a daemon reads the file again by itself and goes on, without a word from outside", arguments: services)
  func daemon(service: Service) throws {
    let fixture = try fixture(service)
    let secret = service.secret(fixture.server.settings)
    let file = try fixture.secret(secret)
    let sink = fixture.sink(service.service, "?batch-events=20&connections=1&token-file=\(file)")
    let playbook = try fixture.playbook(sinks: [sink, "file:\(fixture.folder("out.ndjson"))"])
    let running = try TestProgram(
      [TestProgram.product("message-trace"), "run", playbook, "--now", Timestamp.text(fixture.now)],
      environment: fixture.environment
    ).startCapturing()
    #expect(Waiting.until { running.errorsSoFar.contains(service.code) })
    // Other sinks go on meanwhile.
    let truth = DeliveryOracle(fixture.server.settings.tenant, at: fixture.now)
    #expect(Waiting.until { truth.judge((try? fixture.folder.bytes("out.ndjson")) ?? []).isPerfect })
    _ = try fixture.secret(SimulatorSettings.replaced(secret))
    #expect(Waiting.until { fixture.verdict(service.service).lost == 0 }, "\(running.errorsSoFar)")
    #expect(running.stop() == 0)
    var verdict = fixture.verdict(service.service)
    #expect(service.service == .elastic ? verdict.doubled == 0 : verdict.doubled <= 40, "\(verdict)")
    verdict.doubled = 0
    #expect(verdict.isPerfect, "\(verdict)")
  }
}

extension HTTPFixture {
  /// A file with this secret, replaced in one step as a secret store does it; its path.
  fileprivate func secret(_ text: String) throws -> String {
    _ = try folder.write(text, to: "secret.new")
    _ = unsafe chmod(folder("secret.new"), 0o600)
    try folder.rename("secret.new", to: "secret")
    return folder("secret")
  }

  fileprivate func playbook(sinks: [String]) throws -> String {
    let settings = server.settings
    return try folder.write(
      """
      { "name": "trial", "type": "intake",
        "trigger": { "every": "1s", "since": "31h" },
        "source": { "mode": "graph", "tenant": "\(settings.tenant.name)", "clientId": "\(settings.clientID)",
          "clientSecret": { "env": "MESSAGE_TRACE_CLIENT_SECRET" },
          "graphUrl": "\(server.graphURL)", "authority": "\(server.authorityURL)" },
        "sinks": [\(sinks.map { "\"\($0)\"" }.joined(separator: ", "))], "state": "\(folder("state"))" }
      """, to: "playbook.json")
  }
}
