package import IntakeCore

package struct TenantKnobs: Sendable { package static let calm = TenantKnobs() }
package struct SimulatedTenant: Sendable {
  package var name = "", mailDomain = "", messages = 0, rowCount = 0
  package init(seed: UInt64, messages: Int, window: Window, knobs: TenantKnobs = .calm) {}
}
package struct SimulatorSettings: Sendable {
  package var tenant: SimulatedTenant
  package var username = "", password = "", clientID = "", clientSecret = ""
  package init(tenant: SimulatedTenant, time: TimeSource, port: Int = 0) { self.tenant = tenant }
}
package final class SimulatorServer: Sendable {
  package static func start(_ s: SimulatorSettings) throws(Failure) -> SimulatorServer { SimulatorServer() }
  package var graphURL: String { "" }
  package var reportingURL: String { "" }
  package var authorityURL: String { "" }
  package func stop() {}
}
