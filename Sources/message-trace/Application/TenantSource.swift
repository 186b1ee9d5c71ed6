// The source that a tenant's settings name, and its quota.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import HTTPTransport
internal import IntakeCore
internal import Sinks

extension Mode {
  var service: TraceService {
    switch self {
    case .graph: .graph
    case .reporting: .reporting
    }
  }
}

extension TenantSettings {
  /// Where requests are counted: by all processes of this state, and by those of the tenant's other states.
  var quotaPlaces: QuotaPlaces {
    let shared = [sharedQuota].compactMap { $0 }.filter(SharedQuota.isUsable)
    guard case .directory(let path) = statePlace else {
      return QuotaPlaces(documents: statePlace.documents, files: shared)
    }
    return QuotaPlaces(files: ["\(path)/\(DocumentName.quota)"] + shared)
  }

  /// The requests of all processes so far; nil if none was ever counted.
  func quotaUsage(_ now: Instant) -> QuotaUsage? {
    quotaPlaces.usage(limit: mode.service.quota, now: now)
  }

  var sourceSettings: SourceSettings {
    let service: SourceSettings.Service =
      switch mode {
      case .graph: .graph(root: graphURL, version: graphVersion)
      case .reporting: .reporting(endpoint: reportingURL)
      }
    return SourceSettings(
      service, credential: credential, pageSize: pageSize, http: http, quotaFiles: quotaPlaces, tenant: tenant)
  }
}

extension TenantSettings {
  /// The app of a sink's own, else the sign-in of the source.
  func credential(for signIn: SinkSignIn) throws(Failure) -> Credential {
    if let clientID = signIn.clientID, let secret = signIn.secret {
      return .clientSecret(
        tenant: signIn.tenant ?? tenant, clientID: clientID, secret: secret, authority: authority(of: signIn))
    }
    let what: String
    switch credential {
    case .basic: what = "a password"
    // Made for the source's service: it would show another one what opens that.
    case .accessTokenFile: what = "a ready-made token"
    case .clientSecret, .certificate, .federatedTokenFile, .managedIdentity: return credential
    }
    throw Failure(
      "sink.sign_in", exit: .configuration,
      "Opening a sink: it needs an Entra app, and the source signs in with \(what).",
      hint: "Give the sink a sign-in of its own: message-trace help sinks.")
  }

  private func authority(of signIn: SinkSignIn) -> String {
    switch credential {
    case .clientSecret(_, _, _, let authority), .certificate(_, _, _, _, let authority),
      .federatedTokenFile(_, _, _, let authority):
      authority
    case .basic, .managedIdentity, .accessTokenFile: NationalCloud.authority(besideService: signIn.resource)
    }
  }
}

extension AnySource {
  init(_ settings: TenantSettings, time: TimeSource, log: Log) throws(Failure) {
    try self.init(settings.sourceSettings, time: time, log: log)
  }
}
