// The playbook that `playbook init` writes: complete, valid, and with every value marked that must be replaced.

internal import IntakeCore

package enum PlaybookStarter {
  /// What has to be filled in.
  static let clientID = "00000000-0000-0000-0000-000000000000"

  /// - Parameters:
  ///   - mode: decides which sign-in is shown.
  ///   - uuid: of the new playbook.
  package static func text(_ mode: Mode, tenant: String, uuid: String) -> String {
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
    \(signIn(mode, tenant: tenant))
      },
      "normaliser": {
        "mapping": "ecs",
        "localDomains": [\(JSONText.quoted(tenant))],
        "keepOriginal": false
      },
      "sinks": [\(JSONText.quoted("file:/var/log/message-trace/\(tenant).ndjson"))],
      "state": \(JSONText.quoted("/var/lib/message-trace/\(tenant)"))
    }

    """
  }

  private static func signIn(_ mode: Mode, tenant: String) -> String {
    let common = """
          "mode": "\(mode.rawValue)",
          "tenant": \(JSONText.quoted(tenant)),

      """
    switch mode {
    case .graph:
      return common + """
            "clientId": "\(clientID)",
            "clientSecret": { "env": "MESSAGE_TRACE_CLIENT_SECRET" }
        """
    case .reporting:
      return common + """
            "username": \(JSONText.quoted("reader@\(tenant)")),
            "password": { "env": "MESSAGE_TRACE_PASSWORD" }
        """
    }
  }
}
