// The playbook that `playbook init` writes: complete, valid, and with every value marked that must be replaced.

internal import IntakeCore

package enum PlaybookStarter {
  /// What has to be filled in.
  static let clientID = "00000000-0000-0000-0000-000000000000"

  /// - Parameters:
  ///   - mode: decides which sign-in is shown.
  ///   - tenant: its domain or id.
  ///   - uuid: of the new playbook.
  ///   - name: of the playbook, and with it of its state, its output and the folder beside it that holds its secret, as the
  ///     service's template expects them. Neither cron nor systemd has an environment to take a secret from.
  ///   - clientID: the application id; nil leaves a placeholder.
  ///   - localDomains: the accepted domains of the tenant; none: the tenant itself.
  package static func text(
    _ mode: Mode, tenant: String, uuid: String, name: String, localDomains: [String] = [], clientID: String? = nil
  ) -> String {
    """
    {
      "name": \(JSONText.quoted("Office 365 Message Trace, \(tenant)")),
      "uuid": \(JSONText.quoted(uuid)),
      "type": "intake",
      "trigger": {
        "every": "60s",
        "lag": "1m",
        "revisit": ["15m", "1h", "6h", "24h"],
        "since": "24h"
      },
      "source": {
    \(signIn(mode, tenant: tenant, clientID ?? Self.clientID, secret: secretFile(mode, name: name)))
      },
      "normaliser": {
        "mapping": "ecs",
        "localDomains": [\((localDomains.isEmpty ? [tenant] : localDomains).map(JSONText.quoted).joined(separator: ", "))],
        "keepOriginal": false
      },
      "sinks": [\(JSONText.quoted("file:/var/log/message-trace/\(name).ndjson"))],
      "state": \(JSONText.quoted("/var/lib/message-trace/\(name)"))
    }

    """
  }

  /// Where the starter expects the secret, from the playbook's own folder on.
  package static func secretFile(_ mode: Mode, name: String) -> String {
    let setting: Setting = mode == .graph ? .clientSecretFile : .passwordFile
    return "\(name)/\(setting.credentialName ?? setting.rawValue)"
  }

  private static func signIn(_ mode: Mode, tenant: String, _ clientID: String, secret: String) -> String {
    let common = """
          "mode": "\(mode.rawValue)",
          "tenant": \(JSONText.quoted(tenant)),

      """
    switch mode {
    case .graph:
      return common + """
            "clientId": \(JSONText.quoted(clientID)),
            "clientSecret": { "file": \(JSONText.quoted(secret)) }
        """
    case .reporting:
      return common + """
            "username": \(JSONText.quoted("reader@\(tenant)")),
            "password": { "file": \(JSONText.quoted(secret)) }
        """
    }
  }
}
