// One tenant with its services and a database of its own.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

/// A tenant with a database of its own.
struct SharedWorld: ~Copyable {
  let fixture: PlaybookFixture
  let database: PostgresServer
  let state: String

  /// - Parameters:
  ///   - server: of the database; nil: one of its own.
  ///   - standby: may take the server's place.
  ///   - lease: of the tenant.
  ///   - faults: of the services.
  init(
    _ server: PostgresServer? = nil, standby: PostgresServer? = nil, lease: String = "5s", faults: [FaultRule] = []
  ) throws {
    let server = try server ?? PostgresServer()
    var uri = "\(try server.makeDatabase("mail"))?lease=\(lease)"
    if let standby { uri = uri.replacing(":\(server.port)/", with: ":\(server.port),127.0.0.1:\(standby.port)/") }
    let made = Program.run(["state", "init", "--state", uri])
    try #require(made.status == 0, "\(made.errors)")
    let services = try PlaybookFixture(messages: 200, faults: faults)
    database = server
    state = uri
    fixture = services
  }

  var environment: [String: String] {
    fixture.environment.merging(["MESSAGE_TRACE_ELASTIC_API_KEY": fixture.settings.elasticAPIKey]) { $1 }
  }

  /// As the fixture's playbook, with the state in the database.
  func playbook(_ sink: String? = nil) throws -> String {
    let own = "elastic+http://127.0.0.1:\(fixture.server.port)/mail"
    return try fixture.folder.write(
      """
      { "trigger": { "every": "1s", "since": "6h", "revisit": ["none"] },
        "source": { "tenant": "\(fixture.settings.tenant.name)", "clientId": "\(fixture.settings.clientID)",
          "clientSecret": { "env": "GOOD" }, "pageSize": 50,
          "graphUrl": "\(fixture.server.graphURL)", "authority": "\(fixture.server.authorityURL)" },
        "sinks": ["\(sink ?? own)"], "state": "\(state)" }
      """, to: "shared.json")
  }

  func run(_ arguments: [String]) -> ProcessResult { Program.run(arguments, environment: environment) }

  func start(_ arguments: [String]) -> TestProcess { Program.start(arguments, environment: environment) }

  func expectWhole(location: SourceLocation = #_sourceLocation) {
    let oracle = DeliveryOracle(fixture.settings.tenant, at: TimeSource.system.now())
    let verdict = oracle.judge(fixture.server.receipt(.elastic).events)
    #expect(verdict.isPerfect, "\(verdict)", sourceLocation: location)
    #expect(fixture.server.receipt(.elastic).conflicts == 0, sourceLocation: location)
  }

  /// Everything arrives; then the daemon is stopped.
  func expectEnd(of daemon: TestProcess, location: SourceLocation = #_sourceLocation) {
    eventually { fixture.server.receipt(.elastic).count == fixture.settings.tenant.rowCount }
    daemon.signal(SIGTERM)
    #expect(daemon.wait() == 0, "\(daemon.errorsSoFar)", sourceLocation: location)
    // A batch in doubt may come again; the receiver recognises it.
    let oracle = DeliveryOracle(fixture.settings.tenant, at: TimeSource.system.now())
    let verdict = oracle.judge(fixture.server.receipt(.elastic).events)
    #expect(verdict.isPerfect, "\(verdict)", sourceLocation: location)
  }
}
