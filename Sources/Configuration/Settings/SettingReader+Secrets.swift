// Secrets by reference: from their setting, or from the credential that systemd gives to the service.

package import IntakeCore

extension SettingReader {
  /// A secret by reference: from its setting, else from a systemd credential of that name. Empty where secrets are not
  /// loaded; nil, and a note, where it cannot be read.
  package mutating func secret(_ setting: Setting) -> Secret? {
    guard loadsSecrets else { return Secret("") }
    do {
      let reference = try reference(setting)
      if case .file(let path) = reference { warn(SecretFile.warning(path, purpose: setting.secretPurpose)) }
      return try reference.load(purpose: setting.secretPurpose, environment: environment)
    } catch {
      note(error, of: setting)
      return nil
    }
  }

  /// The proxy's URL: as a secret, else as a setting that must not hold one.
  package mutating func proxy() -> Secret? {
    if text(.proxyFile) != nil { return secret(.proxyFile) }
    guard let text = text(.proxy) else { return nil }
    guard !text.contains("@") else {
      note(
        "\(name(.proxy)) must not hold a user name or password; give the whole URL in MESSAGE_TRACE_PROXY, with --proxy-file"
          + ", or in a playbook as {\"file\": \"PATH\"} or {\"env\": \"NAME\"}."
      )
      return nil
    }
    return Secret(text)
  }

  /// The path of a private file, such as a key: as set, else the systemd credential that stands for it.
  /// - Parameter purpose: for the warning that another user owns it; nil where the file is no secret.
  package mutating func privatePath(_ setting: Setting, purpose: String?) -> String? {
    guard let path = text(setting) else { return nil }
    let found = substitute(for: path, credential: setting.credentialName) ?? path
    if let purpose, loadsSecrets { warn(SecretFile.warning(found, purpose: purpose)) }
    return found
  }

  /// The spec of a sink with the credential, named like the file, that stands for a key which this user may not read.
  package func sinkWithCredentials(_ spec: String) -> String {
    guard let mark = spec.firstIndex(of: "?") else { return spec }
    let options = spec[spec.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
    let resolved = options.map { option in
      let parts = option.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, ["key", "cert", "token-file", "password-file"].contains(parts[0]),
        let path = PercentEncoding.decode(String(parts[1])).flatMap({ String(validating: $0, as: UTF8.self) }),
        let found = substitute(for: path, credential: path.split(separator: "/").last.map(String.init))
      else { return String(option) }
      return "\(parts[0])=\(PercentEncoding.encode(found))"
    }
    return spec[...mark] + resolved.joined(separator: "&")
  }

  private func reference(_ setting: Setting) throws(Failure) -> SecretReference {
    guard let text = text(setting) else {
      if let path = credential(setting.credentialName) { return .file(path) }
      throw Failure(
        .secretMissing, exit: .configuration, "Reading the settings: no \(setting.secretPurpose) is configured.",
        hint: "Set \(setting.secretEnvironmentName ?? "") or give --\(setting.rawValue) PATH.")
    }
    if text.hasPrefix("env:") {
      let name = String(text.dropFirst(4))
      let isSet = environment[name]?.isEmpty == false
      guard !isSet, !layer.isOneOfSeveral, let path = credential(setting.credentialName) else {
        return .environment(name)
      }
      return SecretFile.isReadable(path) ? .file(path) : .environment(name)
    }
    let path = String(text.dropFirst(5))
    return .file(substitute(for: path, credential: setting.credentialName) ?? path)
  }

  /// The credential that stands for a file which this user may not read: the service of a dynamic user cannot open what
  /// the playbook names. Not where several playbooks share the credentials: a secret belongs to one tenant.
  private func substitute(for path: String, credential name: String?) -> String? {
    guard !layer.isOneOfSeveral, !SecretFile.isReadable(path), let path = credential(name),
      SecretFile.isReadable(path)
    else { return nil }
    return path
  }

  private func credential(_ name: String?) -> String? {
    guard let name, let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else { return nil }
    return "\(directory)/\(name)"
  }
}
