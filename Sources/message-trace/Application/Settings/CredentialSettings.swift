// Which sign-in the settings mean, and its secrets, loaded by reference.

internal import Collector
internal import Configuration
internal import IntakeCore

extension SettingReader {
  /// The one sign-in that the settings describe; notes what is missing or ambiguous.
  mutating func credential(mode: Mode, tenant: String) -> Credential? {
    guard isUnambiguous(mode) else { return nil }
    if let file = text(.accessTokenFile) {
      warn(SecretFile.warning(file, purpose: "access token"))
      return .accessTokenFile(file)
    }
    if flag(.managedIdentity) { return .managedIdentity(clientID: text(.clientID)) }
    if mode == .reporting, text(.clientID) == nil || hasAccount { return basic() }
    guard let clientID = text(.clientID), !tenant.isEmpty else {
      let missing = (tenant.isEmpty ? [name(.tenant)] : []) + (text(.clientID) == nil ? [name(.clientID)] : [])
      let instead = mode == .reporting ? ", or \(name(.username)) for basic sign-in." : "."
      note("Reading in \(mode.rawValue) mode needs \(missing.joined(separator: " and "))\(instead)")
      return nil
    }
    let service = text(mode == .graph ? .graphURL : .reportingURL) ?? ""
    let authority = url(.authority) ?? NationalCloud.authority(besideService: service)
    return appCredential(tenant: tenant, clientID: clientID, authority: authority)
  }

  private mutating func appCredential(tenant: String, clientID: String, authority: String) -> Credential? {
    if let certificate = privatePath(.certificateFile, purpose: nil) {
      guard let key = privatePath(.privateKeyFile, purpose: "private key") else {
        note("\(name(.certificateFile)) requires \(name(.privateKeyFile)).")
        return nil
      }
      return .certificate(
        tenant: tenant, clientID: clientID, certificateFile: certificate, privateKeyFile: key, authority: authority)
    }
    if let file = text(.federatedTokenFile) {
      warn(SecretFile.warning(file, purpose: "federated token"))
      return .federatedTokenFile(tenant: tenant, clientID: clientID, file: file, authority: authority)
    }
    guard let secret = secret(.clientSecretFile) else {
      return nil
    }
    return .clientSecret(tenant: tenant, clientID: clientID, secret: secret, authority: authority)
  }

  /// Notes two sign-ins that are both whole: a wrong one would be found only where the other one fails.
  private mutating func isUnambiguous(_ mode: Mode) -> Bool {
    let app: [Setting] = [.accessTokenFile, .managedIdentity, .certificateFile, .federatedTokenFile, .clientSecretFile]
    var found = app.filter { $0.kind == .flag ? flag($0) : text($0) != nil }
    // A secret without the application that it belongs to is no sign-in.
    if text(.clientID) == nil { found.removeAll { $0 == .clientSecretFile } }
    if mode == .reporting, hasAccount { found.append(.passwordFile) }
    guard found.count > 1 else { return true }
    let names = found.map { secretName($0) }.joined(separator: " and ")
    note("\(names) are set: it is not clear which of these sign-ins is meant; remove all but one.")
    return false
  }

  /// True if a service account is set whole.
  private var hasAccount: Bool { text(.username) != nil && text(.passwordFile) != nil }

  /// What the user calls a secret: the variable that holds it, else as any other setting.
  private func secretName(_ setting: Setting) -> String {
    if setting.isSecret, let text = text(setting), text.hasPrefix("env:") { return String(text.dropFirst(4)) }
    return name(setting)
  }

  private mutating func basic() -> Credential? {
    guard let username = text(.username) else {
      note(
        "Reading in reporting mode needs \(name(.username)) and a password, or \(name(.tenant)) and \(name(.clientID)) of an Entra app."
      )
      return nil
    }
    guard !username.contains(":") else {
      note("\(name(.username)) must not contain a colon (RFC 7617).")
      return nil
    }
    guard let password = secret(.passwordFile) else { return nil }
    return .basic(username: username, password: password)
  }
}
