// The secrets of a sink behind HTTP, read by reference.

internal import IntakeCore

/// Which secret a service needs, and where it is looked for if the spec names no place.
struct HTTPSecretKind: Sendable {
  /// For errors, such as `API key of Elastic`.
  let purpose: String
  let environmentName: String
  /// Name of the systemd credential.
  let credentialName: String
  /// False where requests may go without one.
  let isRequired: Bool
}

/// Secrets as read.
struct HTTPSecrets: Sendable {
  var token: Secret?
  private(set) var headers: [(name: String, value: Secret)] = []

  init() {}

  init(
    _ options: HTTPOptions, _ kind: HTTPSecretKind, _ environment: [String: String], sink: String
  ) throws(Failure) {
    if let reference = Self.reference(options, kind, environment) {
      token = try reference.load(purpose: kind.purpose, environment: environment)
    } else if kind.isRequired {
      throw Failure(
        .secretMissing, exit: .configuration, "Reading the sink \(sink): no \(kind.purpose) is configured.",
        hint: "Set \(kind.environmentName), or the option token-file or token-env.")
    }
    for (name, value) in options.headers {
      switch value {
      case .plain(let text): headers.append((name, Secret(text)))
      case .secret(let reference):
        headers.append((name, try reference.load(purpose: "header \(name)", environment: environment)))
      }
    }
  }

  /// From the spec, else the service's variable, else the systemd credential.
  private static func reference(
    _ options: HTTPOptions, _ kind: HTTPSecretKind, _ environment: [String: String]
  ) -> SecretReference? {
    if let file = options.tokenFile { return .file(file) }
    if let name = options.tokenEnvironment { return .environment(name) }
    if environment[kind.environmentName]?.isEmpty == false { return .environment(kind.environmentName) }
    guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return nil }
    let path = "\(folder)/\(kind.credentialName)"
    return SecretFile.isReadable(path) ? .file(path) : nil
  }
}
