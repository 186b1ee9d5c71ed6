// Settings of a simulator.

package import IntakeCore

/// Everything that can be chosen; the defaults are a tenant in good health.
package struct SimulatorSettings: Sendable {
  /// Whether the tenant has Microsoft's own service principal, without which Graph refuses.
  package enum Principal: Sendable, Equatable {
    case present
    /// Refused with 401 (as in January 2026) or 403 (as in July 2026).
    case absent(Int)
    /// Absent with 403 until this moment of the simulated clock.
    case presentFrom(Instant)
  }

  package enum Quota: Sendable, Equatable {
    case off
    /// Lists and details count together.
    case shared
    case separate
  }

  package var tenant: SimulatedTenant
  /// The simulated clock: what can be seen, token lifetimes, quota, `Date` headers.
  package var time: TimeSource
  /// 0 for any free port.
  package var port = 0
  /// So many further tenants can sign in, `tenant-1.onmicrosoft.com` and so on. They see the rows of `tenant`.
  package var tenants = 0
  /// A few of the playbooks of `SimulatedPlaybooks` get a service that answers 500, and as many one that never answers.
  package var hasTroubledTenants = false
  package var faults = FaultPlan.none

  package var username = "reader@contoso.onmicrosoft.com"
  package var password = "correct horse"
  package var clientID = "5d3a1d1e-8a51-4c1f-9d0b-3f0b6a7c2e11"
  package var clientSecret = "simulated-secret"
  /// The Reporting Web Service takes name and password.
  package var basicAllowed = true
  package var secretExpired = false
  /// `expires_in`.
  package var tokenLifetime = 3_599
  /// False: tokens come without `roles`, and both services refuse them.
  package var permissionGranted = true
  /// False: the Reporting Web Service refuses with its 403.
  package var directoryRoleGranted = true
  /// Is asked with each client assertion (a JWT) whose claims were found right; true where the signature is right.
  package var assertionAccepted: (@Sendable (String) -> Bool)?

  /// What App Service would give as `IDENTITY_HEADER`.
  package var identityHeader = "simulated-identity"

  package var principal = Principal.present
  package var quota = Quota.shared
  /// Requests in any 300 seconds.
  package var quotaLimit = 100
  /// `Retry-After` of the quota's 429; nil for none.
  package var quotaRetryAfter: Int?
  /// Days that the Reporting Web Service looks back: 30 by its documentation, 10 by its last error texts.
  package var reportingDays = 30
  /// Rows of a page of the Reporting Web Service.
  package var reportingPageSize = 2_000
  /// Status of Graph's answer to a start over 90 days ago: 400 or 500.
  package var tooOldStatus = 400

  /// Of the receivers: credentials, and what they grant.
  package var elasticAPIKey = "c2ltdWxhdGVkOnNpbXVsYXRlZC1rZXk="
  package var elasticPassword = "simulated-password"
  package var splunkToken = "8a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
  package var sekoiaIntakeKey = "simulated-intake-key"
  package var httpsToken = "simulated-bearer"
  package var hasIndexTemplate = true
  /// The token of Splunk has indexer acknowledgement.
  package var hasAcknowledgement = true
  /// An answer that refuses an event has an acknowledgement number for those before it.
  package var acknowledgesBeforeRefused = false
  /// The app has the role for the data collection rule.
  package var maySendLogs = true
  package var mayCreateDocuments = true
  /// False: receivers count events and keep none.
  package var keepsEvents = true

  package init(tenant: SimulatedTenant, time: TimeSource) {
    self.tenant = tenant
    self.time = time
  }

  /// What takes the place of a receiver's credential once it is replaced.
  package static func replaced(_ credential: String) -> String { "\(credential)2" }
}

/// One request as it came, for assertions on quota and secrecy.
package struct RecordedRequest: Sendable {
  /// From 1, in order of arrival.
  package var number: Int
  package var method: String
  package var path: String
  /// Behind the question mark, as sent.
  package var query: String
  /// Names in lower case.
  package var headers: [(name: String, value: String)]
  /// Empty for requests that bring events.
  package var body: [UInt8]
  /// By the simulated clock.
  package var time: Instant
  /// What was answered; 0 where the answer was no HTTP.
  package var status: Int

  /// The first header of this name (in lower case).
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
