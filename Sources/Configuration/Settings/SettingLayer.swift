// Settings as written, from one place: flags, environment or playbook. In a stack of layers the first that has one wins.

internal import IntakeCore

/// Values as text; lists as written one by one. Secrets are held as `env:NAME` or `file:PATH`, never as values.
package struct SettingLayer: Sendable, Equatable {
  package var values: [Setting: [String]] = [:]
  /// Where a value was written, in the words of who wrote it: `line 4: trigger.every` or a variable's name; none for flags.
  var places: [Setting: String] = [:]
  /// The playbook's file, where these settings come from one.
  var playbook: String?
  /// True where one process runs several playbooks: no systemd credential stands for the secret that one of them names.
  package var isOneOfSeveral = false

  package init() {}

  package subscript(_ setting: Setting) -> [String]? {
    get { values[setting] }
    set { values[setting] = newValue }
  }

  /// The layer that the environment makes. An empty variable counts as not set.
  package init(environment: [String: String]) {
    for setting in Setting.allCases {
      // The variable of the proxy may hold a password: it counts as a secret.
      if setting != .proxy, let value = environment[setting.environmentName], !value.isEmpty {
        values[setting] = SettingLayer.split(value, for: setting)
        places[setting] = setting.environmentName
      }
      if let name = setting.secretEnvironmentName, let secret = environment[name], !secret.isEmpty {
        values[setting] = ["env:\(name)"]
      }
    }
  }

  /// One value as typed becomes what a layer holds: lists are cut at commas, files of secrets are marked as such.
  package static func split(_ value: String, for setting: Setting) -> [String] {
    if setting.isSecret { return ["file:\(value)"] }
    guard [.revisit, .localDomains, .redact, .details].contains(setting) else { return [value] }
    return value.split(separator: ",").map { part in
      String(part.drop { $0 == " " })
    }
  }

  /// This layer above another.
  package func over(_ lower: SettingLayer) -> SettingLayer {
    var merged = lower
    // Two ways to give one value: the higher layer's counts, whichever it is.
    if values[.proxy] != nil || values[.proxyFile] != nil {
      merged.values[.proxy] = nil
      merged.values[.proxyFile] = nil
    }
    for (setting, value) in values {
      merged.values[setting] = value
      merged.places[setting] = places[setting]
    }
    merged.playbook = playbook ?? lower.playbook
    merged.isOneOfSeveral = isOneOfSeveral || lower.isOneOfSeveral
    return merged
  }
}
