// Which sign-in the settings mean, and its secrets, loaded by reference.

internal import Collector
internal import IntakeCore

extension SettingReader {
  /// The one sign-in that the settings describe; notes what is missing.
  mutating func credential(mode: Mode, tenant: String) -> Credential? {
    if let file = text(.accessTokenFile) { return .accessTokenFile(file) }
    if flag(.managedIdentity) { return .managedIdentity(clientID: text(.clientID)) }
    if mode == .reporting, text(.clientID) == nil { return basic() }
    guard let clientID = text(.clientID), !tenant.isEmpty else {
      note(
        "Reading in \(mode.rawValue) mode needs --tenant and --client-id"
          + (mode == .reporting ? ", or --username for basic sign-in." : "."))
      return nil
    }
    let service = text(mode == .graph ? .graphURL : .reportingURL) ?? ""
    let authority = url(.authority) ?? NationalCloud.authority(besideService: service)
    if let certificate = text(.certificateFile) {
      guard let key = text(.privateKeyFile) else {
        note("--certificate-file needs --private-key-file beside it.")
        return nil
      }
      return .certificate(
        tenant: tenant, clientID: clientID, certificateFile: certificate, privateKeyFile: key, authority: authority)
    }
    if let file = text(.federatedTokenFile) {
      return .federatedTokenFile(tenant: tenant, clientID: clientID, file: file, authority: authority)
    }
    guard let secret = secret(.clientSecretFile, purpose: "client secret", credentialName: "client-secret") else {
      return nil
    }
    return .clientSecret(tenant: tenant, clientID: clientID, secret: secret, authority: authority)
  }

  private mutating func basic() -> Credential? {
    guard let username = text(.username) else {
      note("Reading in reporting mode needs --username and a password, or --tenant and --client-id of an Entra app.")
      return nil
    }
    guard !username.contains(":") else {
      note("--username holds a colon, which basic sign-in cannot carry (RFC 7617).")
      return nil
    }
    guard let password = secret(.passwordFile, purpose: "password", credentialName: "password") else { return nil }
    return .basic(username: username, password: password)
  }

  /// From its setting, else from a systemd credential of that name.
  mutating func secret(_ setting: Setting, purpose: String, credentialName: String) -> Secret? {
    guard loadsSecrets else { return Secret("") }
    do {
      return try reference(setting, purpose, credentialName).load(purpose: purpose, environment: environment)
    } catch {
      note(error)
      return nil
    }
  }

  private func reference(
    _ setting: Setting, _ purpose: String, _ credentialName: String
  ) throws(Failure) -> SecretReference {
    if let text = text(setting) {
      return text.hasPrefix("env:") ? .environment(String(text.dropFirst(4))) : .file(String(text.dropFirst(5)))
    }
    if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
      return .file("\(directory)/\(credentialName)")
    }
    throw Failure(
      "secret.missing", exit: .configuration, "Reading the settings: no \(purpose) is configured.",
      hint: "Set \(setting.secretEnvironmentName ?? "") or give --\(setting.rawValue) PATH.")
  }
}
