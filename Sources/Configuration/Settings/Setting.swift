// Every setting: its flag, its key in a playbook, and its line in the help. Authoritative for the keys of a playbook.

/// One setting. The raw value is its flag without dashes; the environment spells it `MESSAGE_TRACE_` and upper snake case.
package enum Setting: String, CaseIterable, Sendable {
  case mode
  case tenant
  case clientID = "client-id"
  case username
  case graphURL = "graph-url"
  case graphAPI = "graph-api"
  case reportingURL = "reporting-url"
  case authority
  case sink
  case state
  case lag
  case revisit
  case every
  case since
  case details
  case detailsShare = "details-share"
  case pageSize = "page-size"
  case mapping
  case profile
  case nested
  case localDomains = "local-domains"
  case keepOriginal = "keep-original"
  case redact
  case redactKeyFile = "redact-key-file"
  case now
  case logFormat = "log-format"
  case logLevel = "log-level"
  case passwordFile = "password-file"
  case clientSecretFile = "client-secret-file"
  case certificateFile = "certificate-file"
  case privateKeyFile = "private-key-file"
  case federatedTokenFile = "federated-token-file"
  case accessTokenFile = "access-token-file"
  case managedIdentity = "managed-identity"
  case caFile = "ca-file"
  case proxy
  case proxyFile = "proxy-file"
  case maximumBody = "max-body"
  case forgetSink = "forget-sink"
  case metricsFile = "metrics-file"

  package enum Kind: Sendable { case value, list, flag }

  package var kind: Kind {
    switch self {
    case .sink, .revisit, .localDomains, .redact, .details: .list
    case .keepOriginal, .nested, .managedIdentity, .forgetSink: .flag
    default: .value
    }
  }

  package var environmentName: String {
    "MESSAGE_TRACE_" + String(rawValue.map { $0 == "-" ? "_" : Character($0.uppercased()) })
  }

  /// Its key in a playbook, dotted; nil for settings of a single call.
  package var playbookPath: String? {
    switch self {
    case .mode: "source.mode"
    case .tenant: "source.tenant"
    case .clientID: "source.clientId"
    case .username: "source.username"
    case .graphURL: "source.graphUrl"
    case .graphAPI: "source.graphApi"
    case .reportingURL: "source.reportingUrl"
    case .authority: "source.authority"
    case .pageSize: "source.pageSize"
    case .passwordFile: "source.password"
    case .clientSecretFile: "source.clientSecret"
    case .certificateFile: "source.certificateFile"
    case .privateKeyFile: "source.privateKeyFile"
    case .federatedTokenFile: "source.federatedTokenFile"
    case .accessTokenFile: "source.accessTokenFile"
    case .managedIdentity: "source.managedIdentity"
    case .caFile: "source.caFile"
    case .proxy: "source.proxy"
    case .maximumBody: "source.maxBody"
    case .every: "trigger.every"
    case .details: "trigger.details"
    case .detailsShare: "trigger.detailsShare"
    case .lag: "trigger.lag"
    case .revisit: "trigger.revisit"
    case .since: "trigger.since"
    case .mapping: "normaliser.mapping"
    case .profile: "normaliser.profile"
    case .nested: "normaliser.nested"
    case .localDomains: "normaliser.localDomains"
    case .keepOriginal: "normaliser.keepOriginal"
    case .redact: "normaliser.redact"
    case .redactKeyFile: "normaliser.redactKey"
    case .sink: "sinks"
    case .state: "state"
    case .metricsFile: "metricsFile"
    // In a playbook, `source.proxy` is the URL or a reference to it.
    case .proxyFile, .now, .logFormat, .logLevel, .forgetSink: nil
    }
  }

  /// True for what a playbook may also write as a number.
  package var isNumber: Bool { [.pageSize, .maximumBody, .detailsShare].contains(self) }

  /// True for the path of a file or directory: relative ones in a playbook begin in its own folder.
  package var isPath: Bool {
    switch self {
    case .state, .certificateFile, .privateKeyFile, .federatedTokenFile, .accessTokenFile, .caFile, .metricsFile: true
    default: false
    }
  }

  /// True for secrets: a playbook gives `{"env": NAME}` or `{"file": PATH}`, never the value.
  package var isSecret: Bool { [.passwordFile, .clientSecretFile, .redactKeyFile, .proxyFile].contains(self) }

  /// The name of the systemd credential that may stand for the file; nil for settings that name no private file.
  package var credentialName: String? {
    switch self {
    case .passwordFile: "password"
    case .clientSecretFile: "client-secret"
    case .redactKeyFile: "redact-key"
    case .certificateFile: "certificate"
    case .privateKeyFile: "private-key"
    case .proxyFile: "proxy"
    default: nil
    }
  }

  /// What a secret is called in errors: `client secret`.
  var secretPurpose: String {
    if self == .proxyFile { return "proxy's URL" }
    return self == .redactKeyFile ? "redaction key" : (credentialName ?? rawValue).replacing("-", " ")
  }

  /// The environment variable that may hold the secret itself.
  package var secretEnvironmentName: String? {
    isSecret ? String(environmentName.dropLast("_FILE".utf8.count)) : nil
  }
}

extension Setting {
  /// The placeholder after the flag in the help.
  package var placeholder: String {
    switch self {
    case .mode: "graph|reporting"
    case .graphAPI: "v1.0|beta|beta-2021"
    case .graphURL, .reportingURL, .authority, .proxy: "URL"
    case .sink: "SPEC"
    case .state: "DIR|URI"
    case .lag, .every: "DURATION"
    case .since: "DURATION|DATE"
    case .revisit: "DURATION,…"
    case .details: "STATUS,…"
    case .detailsShare: "PERCENT"
    case .pageSize, .maximumBody: "N"
    case .mapping: "NAME|PATH"
    case .profile: "ecs|sekoia|cim|udm-flat|raw"
    case .localDomains: "A,B"
    case .now: "INSTANT"
    case .logFormat: "text|json"
    case .logLevel: "debug|info|warning|error"
    case .keepOriginal, .nested, .managedIdentity, .forgetSink: ""
    case .redact: "subject,local-part"
    case .tenant: "T"
    case .clientID: "C"
    case .username: "U"
    case .redactKeyFile, .proxyFile, .passwordFile, .clientSecretFile, .certificateFile, .privateKeyFile,
      .federatedTokenFile,
      .accessTokenFile,
      .caFile, .metricsFile:
      "PATH"
    }
  }

  /// One line for the help, with the default.
  package var summary: String {
    switch self {
    case .mode: "which service to read; default graph"
    case .tenant: "tenant domain or id; part of every event.id"
    case .clientID: "application (client) id of the Entra app"
    case .username: "service account for basic sign-in (reporting)"
    case .graphURL: "default https://graph.microsoft.com"
    case .graphAPI: "generation of the Graph API; default v1.0"
    case .reportingURL: "default \(Defaults.reportingURL)"
    case .authority: "sign-in service; default that of the service's cloud"
    case .sink: "stdout (default), file:PATH, tcp://H:P, … (help sinks, syslog); repeatable"
    case .state: "directory or database (help state); default $STATE_DIRECTORY/TENANT"
    case .lag: "delay of the live window behind the current time; default 1m"
    case .revisit: "ages at which every window is read again; default 15m,1h,6h,24h"
    case .every: "interval between passes; default 60s"
    case .details: "also fetch delivery events for rows with one of these statuses"
    case .detailsShare: "percent of the quota for --details; default 33"
    case .since: "start of the very first pass, or how far back; default 24h"
    case .pageSize: "rows a page; default 5000 (graph), 2000 (reporting)"
    case .mapping: "mapping by name or file; default ecs, the mode's built-in mapping"
    case .profile: "field names of ECS or another product; default ecs"
    case .nested: "objects in place of dotted names, as Google SecOps imports them (udm-flat)"
    case .localDomains: "domains of the tenant, for email.direction"
    case .keepOriginal: "keep each row as received in event.original"
    case .redact: "replace these by a keyed hash; equal values stay equal"
    case .redactKeyFile: "file with the key of --redact; or set MESSAGE_TRACE_REDACT_KEY"
    case .forgetSink: "discard undelivered batches of removed sinks"
    case .now: "use this as the current time (replays, tests)"
    case .logFormat: "log format; default text"
    case .logLevel: "minimum level; default info, but warning for one pass that no terminal watches"
    case .passwordFile: "file with the password; or set MESSAGE_TRACE_PASSWORD"
    case .clientSecretFile: "file with the client secret; or set MESSAGE_TRACE_CLIENT_SECRET"
    case .certificateFile: "PEM certificate of the Entra app"
    case .privateKeyFile: "PEM private key of that certificate"
    case .federatedTokenFile: "file with a federated token, re-read at each sign-in"
    case .accessTokenFile: "file with a ready-made access token"
    case .managedIdentity: "sign in as the managed identity of this Azure machine"
    case .caFile: "PEM file with the authorities to trust, instead of the system's"
    case .proxy: "HTTP proxy for every request; one with a password goes in a file or variable"
    case .proxyFile: "file with the proxy's URL; or set MESSAGE_TRACE_PROXY"
    case .metricsFile: "Prometheus textfile, replaced after each pass"
    case .maximumBody: "maximum size of one decoded response, in bytes; default 33554432"
    }
  }
}
