// The help topic on playbooks: every key, made from the settings; durations, secrets, several tenants, an example.

internal import Configuration

enum PlaybookHelp {
  /// The text of the topic; ends with a line feed.
  static let text = [opening, keys, durations, secrets, tenants, "An example:\n\n\(example)"]
    .joined(separator: "\n")

  private static let opening = """
    A playbook is one JSON object in a file: the source, schedule, mapping and sinks of one tenant.

      message-trace playbook init contoso.json --tenant contoso.onmicrosoft.com
      message-trace playbook validate contoso.json     every mistake with its line and the nearest valid key
      message-trace check contoso.json                 tests all of it and reports what to fix
      message-trace playbook schema                    the JSON Schema, for editors

    Omitted keys have their defaults; unknown keys are errors, those of Sekoia's connector (frequency, timedelta,
    start_time, ...) are answered with ours. A flag (--every) takes precedence over the environment
    (MESSAGE_TRACE_EVERY), and both over the playbook.

    Relative paths in a playbook begin in the playbook's own folder, whoever runs it from wherever: state, files of sinks,
    secrets, certificates, mapping, metricsFile. In flags and in the environment they begin in the working directory.

    """

  /// The keys by section, in reading order.
  private static var keys: String {
    let labels = [
      row("name", "string", "display name"), row("uuid", "string", "an id of your own; it has no effect"),
      row("type", "intake", "always this value; optional"),
    ]
    let top = Setting.allCases.filter { $0.playbookPath?.contains(".") == false }
    return (["top level:"] + labels + top.map(row)).joined(separator: "\n") + "\n"
      + ["trigger", "source", "normaliser"].map(group).joined()
  }

  private static func group(_ section: String) -> String {
    let settings = Setting.allCases.filter { $0.playbookPath?.hasPrefix("\(section).") == true }
    return (["\n\(section): {…}"] + settings.map(row)).joined(separator: "\n") + "\n"
  }

  private static func row(_ setting: Setting) -> String {
    let key = setting.playbookPath?.split(separator: ".").last.map(String.init) ?? ""
    return row(key, kind(setting), summary(setting))
  }

  private static func row(_ key: String, _ kind: String, _ summary: String) -> String {
    "  \(pad(key, 20))\(pad(kind, 15))\(summary)"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// The type of the key's value.
  private static func kind(_ setting: Setting) -> String {
    if setting.isSecret { return "secret" }
    if setting.isNumber { return "number" }
    switch setting.kind {
    case .flag: return "true|false"
    case .list: return setting == .revisit ? "list of durations" : "list of strings"
    case .value: return ["DURATION", "URL", "PATH", "DIR"].contains(setting.placeholder) ? word(setting) : "string"
    }
  }

  private static func word(_ setting: Setting) -> String {
    setting.placeholder == "DIR" ? "directory" : setting.placeholder == "URL" ? "URL" : setting.placeholder.lowercased()
  }

  /// The summary of the setting, reworded where it refers to flags.
  private static func summary(_ setting: Setting) -> String {
    switch setting {
    case .passwordFile: "password of the service account"
    case .clientSecretFile: "secret of the Entra app"
    case .redactKeyFile: "key of the hash that replaces redacted values"
    case .sink: "stdout (default) | file:PATH | udp|tcp|tls|relp|relps://H:P | kafka://H:P/TOPIC"
    case .mapping: setting.summary
    default: (setting.placeholder.contains("|") ? "\(setting.placeholder): " : "") + setting.summary
    }
  }

  private static let durations = """
    A duration is an integer with the unit ms, s, m, h or d, in quotes: "90s", "15m", "6h", "2d". A list with one element
    may be written as that element.

    """

  private static let secrets = """
    A playbook must not contain secrets, only references to them:

      "clientSecret": { "env": "CONTOSO_SECRET" }                         an environment variable
      "clientSecret": { "file": "/etc/message-trace/contoso.secret" }     a file that only its owner may read (chmod 600)

    By default a client secret is read from MESSAGE_TRACE_CLIENT_SECRET, then from the file `client-secret` in
    $CREDENTIALS_DIRECTORY (LoadCredential= of systemd); a password from MESSAGE_TRACE_PASSWORD, then from the file
    `password` there. Sign-in without a secret: managedIdentity, federatedTokenFile, or certificateFile with
    privateKeyFile.

    """

  private static let tenants = """
    For several tenants write one playbook each, with its own state directory and output file, and run them together:

      message-trace run /etc/message-trace/*.json

    Each has its own interval, and a failure of one does not affect the others. They may share a metricsFile. Name the
    variables of secrets differently per tenant: MESSAGE_TRACE_CLIENT_SECRET and every other MESSAGE_TRACE_… override the
    key in all playbooks. SIGHUP reloads all of them; one that has become invalid keeps its old settings and logs why.

    """

  /// A complete and valid playbook.
  static let example = """
    {
      "name": "Office 365 Message Trace, Contoso",
      "uuid": "8461aabe-6eba-4044-ad7f-a0c39a2b2279",
      "type": "intake",
      "trigger": {
        "every": "60s",
        "lag": "1m",
        "revisit": ["15m", "1h", "6h", "24h"],
        "since": "24h",
        "details": ["failed", "quarantined"]
      },
      "source": {
        "mode": "graph",
        "tenant": "contoso.onmicrosoft.com",
        "clientId": "11111111-2222-3333-4444-555555555555",
        "clientSecret": { "env": "CONTOSO_SECRET" }
      },
      "normaliser": {
        "mapping": "ecs",
        "localDomains": ["contoso.com", "contoso.onmicrosoft.com"],
        "keepOriginal": false
      },
      "sinks": [
        "file:/var/log/message-trace/contoso.ndjson",
        "tls://siem.example:6514"
      ],
      "state": "/var/lib/message-trace/contoso",
      "metricsFile": "/var/lib/node_exporter/message-trace.prom"
    }

    """
}
