// What there is to say about playbooks: every key with its line, made from the settings themselves, an example, secrets,
// many tenants.

internal import Trigger

enum PlaybookHelp {
  /// The whole topic; ends with a line feed.
  static let text = [opening, keys, spans, secrets, tenants, "An example with most of it:\n\n\(example)"]
    .joined(separator: "\n")

  private static let opening = """
    A playbook is one JSON object in a file: the source, schedule, mapping and sinks of one tenant.

      message-trace playbook init contoso.json --tenant contoso.onmicrosoft.com
      message-trace playbook validate contoso.json     every mistake with its line and the nearest right key
      message-trace check contoso.json                 tries all of it and says what to do
      message-trace playbook schema                    the JSON Schema, for editors

    What a playbook leaves out has its default; what is not listed here is a mistake. A flag (--every) wins over the
    environment (MESSAGE_TRACE_EVERY), and that over the playbook. Relative paths begin in the playbook's own folder.

    """

  /// Groups as they stand in a playbook, in the order in which people read them.
  private static var keys: String {
    let labels = [
      row("name", "text", "what people call it"), row("uuid", "text", "an id of your own; nothing depends on it"),
      row("type", "intake", "always the same; may be left out"),
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

  /// What may stand behind the key.
  private static func kind(_ setting: Setting) -> String {
    if setting.isSecret { return "secret" }
    if setting.isNumber { return "number" }
    switch setting.kind {
    case .flag: return "true|false"
    case .list: return setting == .revisit ? "list of spans" : "list of texts"
    case .value: return ["SPAN", "URL", "PATH", "DIR"].contains(setting.placeholder) ? word(setting) : "text"
    }
  }

  private static func word(_ setting: Setting) -> String {
    setting.placeholder == "DIR" ? "directory" : setting.placeholder == "URL" ? "URL" : setting.placeholder.lowercased()
  }

  /// The line of the flag, but where that speaks of flags.
  private static func summary(_ setting: Setting) -> String {
    switch setting {
    case .passwordFile: "password of the service account"
    case .clientSecretFile: "secret of the Entra app"
    case .redactKeyFile: "key of the hash that redact puts in place"
    case .sink: "stdout | file:PATH | udp://H:P | tcp://H:P | tls://H:P; default stdout"
    case .mapping: setting.summary
    default: (setting.placeholder.contains("|") ? "\(setting.placeholder): " : "") + setting.summary
    }
  }

  private static let spans = """
    A span is a whole number with ms, s, m, h or d behind it, in quotes: "90s", "15m", "6h", "2d". A list of one may be
    written as that one text. Paths are taken from the directory that the program is started in: give whole ones.

    """

  private static let secrets = """
    Secrets never stand in a playbook, only where they are found:

      "clientSecret": { "env": "CONTOSO_SECRET" }                         a variable of the environment
      "clientSecret": { "file": "/etc/message-trace/contoso.secret" }     a file that only its owner may read (chmod 600)

    Left out, a client secret is looked for in MESSAGE_TRACE_CLIENT_SECRET, then in the file `client-secret` of
    $CREDENTIALS_DIRECTORY (LoadCredential= of systemd); a password in MESSAGE_TRACE_PASSWORD and in the file `password`.
    Without any secret: managedIdentity, federatedTokenFile, or certificateFile with privateKeyFile.

    """

  private static let tenants = """
    Many tenants are many playbooks, each with a state directory and an output file of its own, in one process:

      message-trace run /etc/message-trace/*.json

    Each collects at its own pace, and what is wrong with one concerns no other. They may share a metricsFile. Give each
    secret a variable of its own name: MESSAGE_TRACE_CLIENT_SECRET and every other MESSAGE_TRACE_… wins in all of them.
    SIGHUP reads them all again; one that has become wrong keeps its old settings and says so.

    """

  /// Complete and valid; `clientId` is to be filled in.
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
