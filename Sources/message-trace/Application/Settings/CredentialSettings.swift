// Which sign-in the settings mean, and its secrets, loaded by reference.

internal import Collector
internal import Configuration
internal import IntakeCore

extension SettingReader {
  /// The one sign-in that the settings describe; notes what is missing.
  mutating func credential(mode: Mode, tenant: String) -> Credential? {
    if let file = text(.accessTokenFile) { return .accessTokenFile(file) }
    if flag(.managedIdentity) { return .managedIdentity(clientID: text(.clientID)) }
    if mode == .reporting, text(.clientID) == nil { return basic() }
    guard let clientID = text(.clientID), !tenant.isEmpty else {
      let missing = (tenant.isEmpty ? [name(.tenant)] : []) + (text(.clientID) == nil ? [name(.clientID)] : [])
      let instead = mode == .reporting ? ", or \(name(.username)) for basic sign-in." : "."
      note("Reading in \(mode.rawValue) mode needs \(missing.joined(separator: " and "))\(instead)")
      return nil
    }
    let service = text(mode == .graph ? .graphURL : .reportingURL) ?? ""
    let authority = url(.authority) ?? NationalCloud.authority(besideService: service)
    if let certificate = text(.certificateFile) {
      guard let key = text(.privateKeyFile) else {
        note("\(name(.certificateFile)) requires \(name(.privateKeyFile)).")
        return nil
      }
      return .certificate(
        tenant: tenant, clientID: clientID, certificateFile: certificate, privateKeyFile: key, authority: authority)
    }
    if let file = text(.federatedTokenFile) {
      return .federatedTokenFile(tenant: tenant, clientID: clientID, file: file, authority: authority)
    }
    guard let secret = secret(.clientSecretFile) else {
      return nil
    }
    return .clientSecret(tenant: tenant, clientID: clientID, secret: secret, authority: authority)
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
