// The playbook that `playbook init` writes: complete, valid, and with every value marked that must be replaced.

internal import IntakeCore

package enum PlaybookStarter {
  /// What has to be filled in.
  static let clientID = "00000000-0000-0000-0000-000000000000"

  /// - Parameters:
  ///   - mode: decides which sign-in is shown.
  ///   - tenant: its domain or id.
  ///   - uuid: of the new playbook.
  ///   - name: of the folder beside the playbook that holds its secret: cron and systemd have no environment to take it from.
  ///   - localDomains: the accepted domains of the tenant; none: the tenant itself.
  package static func text(
    _ mode: Mode, tenant: String, uuid: String, name: String, localDomains: [String] = []
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
    \(signIn(mode, tenant: tenant, secret: secretFile(mode, name: name)))
      },
      "normaliser": {
        "mapping": "ecs",
        "localDomains": [\((localDomains.isEmpty ? [tenant] : localDomains).map(JSONText.quoted).joined(separator: ", "))],
        "keepOriginal": false
      },
      "sinks": [\(JSONText.quoted("file:/var/log/message-trace/\(tenant).ndjson"))],
      "state": \(JSONText.quoted("/var/lib/message-trace/\(tenant)"))
    }

    """
  }

  /// Where the starter expects the secret, from the playbook's own folder on.
  package static func secretFile(_ mode: Mode, name: String) -> String {
    let setting: Setting = mode == .graph ? .clientSecretFile : .passwordFile
    return "\(name)/\(setting.credentialName ?? setting.rawValue)"
  }

  private static func signIn(_ mode: Mode, tenant: String, secret: String) -> String {
    let common = """
          "mode": "\(mode.rawValue)",
          "tenant": \(JSONText.quoted(tenant)),

      """
    switch mode {
    case .graph:
      return common + """
            "clientId": "\(clientID)",
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
