// Microsoft's three endpoints in one process on one loopback port: what tests, `simulate` and `demo` talk to.

package import IntakeCore

/// A running stand-in for Entra ID, the Reporting Web Service and Microsoft Graph.
///
/// | path | what |
/// |---|---|
/// | `POST /{tenant}/oauth2/v2.0/token`, `/oauth2/token` | client secret or assertion; AADSTS errors as recorded |
/// | `/{tenant}/v2.0/.well-known/openid-configuration` | where the token endpoint is |
/// | `/metadata/identity/oauth2/token`, `/msi/token` | managed identities: virtual machine, App Service |
/// | `/ecp/reportingwebservice/reporting.svc/MessageTrace` | verbose, light, bare and Atom; pages of 2,000; 500 at 999,999 |
/// | `…/MessageTraceDetail` | delivery events |
/// | `/v1.0/admin/exchange/tracing/messageTraces` | and `/beta/…` in its own spelling; quota, sealed skip tokens |
/// | `…/messageTraces/{id}/getDetailsByRecipient(…)` | delivery events |
/// | `/beta/admin/exchange/messageTraces` | the draft of 2021, recipients by `$expand` |
/// | `/_bulk`, `/{index}/_bulk` | Elasticsearch: takes events by id; `receipt(_:)` says which |
/// | `/services/collector/event`, `…/ack`, `…/health` | Splunk's HTTP Event Collector with acknowledgement, told once |
/// | `/dataCollectionRules/{id}/streams/{name}` | Logs Ingestion API of Azure Monitor |
/// | `/plain/batch`, `/receive` | Sekoia's intake; any service that takes lines |
///
/// Both services show the same rows, up to the simulated time; `FaultPlan` says what goes wrong. A request
/// counts against the quota unless it was refused for the quota. Not simulated: TLS, delegated sign-in, `$count`.
package final class SimulatorServer: Sendable {
  package let settings: SimulatorSettings
  package var port: Int { listener.port }
  /// `http://127.0.0.1:PORT`, to which `/v1.0/…` is added.
  package var graphURL: String { "http://127.0.0.1:\(port)" }
  package var reportingURL: String { "\(graphURL)/ecp/reportingwebservice/reporting.svc" }
  /// To which `/{tenant}/oauth2/v2.0/token` is added.
  package var authorityURL: String { graphURL }

  private let listener: Listener
  private let simulation: Simulation

  private init(_ settings: SimulatorSettings) throws(Failure) {
    self.settings = settings
    simulation = Simulation(settings)
    listener = try Listener(port: settings.port)
  }

  /// Listens on loopback until `stop` is called; a stopped server cannot be started again.
  package static func start(_ settings: SimulatorSettings) throws(Failure) -> SimulatorServer {
    let server = try SimulatorServer(settings)
    let listener = server.listener
    let router = FaultyRouter(simulation: server.simulation) { listener.wait($0) }
    try listener.start { socket in
      var connection = Connection(socket: socket)
      connection.serve { router.answer($0) }
    }
    return server
  }

  /// Ends every connection and waits until the last one has ended.
  package func stop() { listener.stop() }

  /// Every request so far, in order of arrival.
  package func requests() -> [RecordedRequest] { simulation.requests }

  /// What a receiver has taken so far.
  package func receipt(_ service: ReceivingService) -> Receipt { simulation.received.receipt(service) }

  /// What can be seen at `instant`: what a collector that has read everything then must have delivered.
  package func truth(at instant: Instant) -> [TrueRow] { settings.tenant.truth(at: instant) }

  /// A token for Azure Monitor, as its sign-in gives it.
  package func accessToken() -> String { simulation.issueToken(audience: TokenEndpoint.monitor, roles: []) }

  /// Makes every token given out so far useless.
  package func revokeTokens() { simulation.revokeTokens() }
}
