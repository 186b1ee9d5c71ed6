// The secrets of a playbook as systemd credentials. Source: systemd.exec(5), LoadCredential=.

internal import IntakeCore

enum UnitCredentials {
  /// Every private file that the playbook names; for a secret that it takes from the environment, or leaves out, the file
  /// where the unit expects it: `/etc/message-trace/INSTANCE/NAME`.
  static func all(_ layer: SettingLayer, instance: String) -> [(name: String, file: String)] {
    let settings: [Setting] = [
      .clientSecretFile, .passwordFile, .certificateFile, .privateKeyFile, .redactKeyFile, .proxyFile,
    ]
    var found: [(name: String, file: String)] = []
    for setting in settings where layer[setting] != nil || implied(layer) == setting {
      guard let name = setting.credentialName else { continue }
      found.append((name, file(layer[setting]?.last, setting) ?? "/etc/message-trace/\(instance)/\(name)"))
    }
    for file in (layer[.sink] ?? []).flatMap(keys) {
      guard let name = file.split(separator: "/").last, !found.contains(where: { $0.file == file }) else { continue }
      found.append((String(name), file))
    }
    return found
  }

  /// The path for another instance of a template: a folder named like this instance becomes that instance's own; a file
  /// in no such folder is expected in one. No instance is given the secret of another.
  static func perInstance(_ path: String, instance: String, of specifier: String) -> String {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let last = parts.indices.last else { return path }
    let own = parts.indices.filter { $0 != last && parts[$0] == instance }
    if own.isEmpty { parts.insert(specifier, at: last) }
    for index in own { parts[index] = specifier }
    return parts.joined(separator: "/")
  }

  /// The secret that the sign-in needs where the playbook names none.
  private static func implied(_ layer: SettingLayer) -> Setting? {
    let others: [Setting] = [
      .certificateFile, .federatedTokenFile, .accessTokenFile, .clientSecretFile, .passwordFile,
    ]
    guard layer[.managedIdentity]?.last != "true", others.allSatisfy({ layer[$0] == nil }) else { return nil }
    return layer[.mode]?.last == "reporting" && layer[.clientID] == nil ? .passwordFile : .clientSecretFile
  }

  private static func file(_ reference: String?, _ setting: Setting) -> String? {
    guard let reference else { return nil }
    let path = setting.isSecret ? (reference.hasPrefix("file:") ? String(reference.dropFirst(5)) : "") : reference
    return path.hasPrefix("/") ? path : nil
  }

  /// Certificates, keys and files of secrets among the options of a sink.
  private static func keys(_ spec: String) -> [String] {
    guard let mark = spec.firstIndex(of: "?") else { return [] }
    return spec[spec.index(after: mark)...].split(separator: "&").compactMap { option in
      let parts = option.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, ["key", "cert", "token-file", "password-file"].contains(parts[0]),
        let path = PercentEncoding.decode(String(parts[1])).map({ String(decoding: $0, as: UTF8.self) })
      else { return nil }
      return path.hasPrefix("/") ? path : nil
    }
  }
}
