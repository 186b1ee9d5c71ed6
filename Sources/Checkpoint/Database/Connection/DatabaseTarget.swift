// Which database holds a state: a URI as libpq reads it, without a password, and a few options of our own.

package import IntakeCore

/// `postgresql://[USER@][HOST[:PORT][,…]]/[DATABASE][?OPTION=VALUE&…]`, parsed. The options are libpq's, and of our own:
/// `password-file=PATH` or `password-env=NAME`, and `lease=DURATION`.
package struct DatabaseTarget: Sendable {
  /// As written: it holds no secret.
  package let text: String
  /// For libpq: without the options of our own.
  let uri: String
  /// Scheme, hosts and database, for sentences.
  package let place: String
  /// Equal for all URIs that name one database on hosts of the same names.
  package let identity: String
  /// libpq then looks for the one that takes writes.
  let hasSeveralHosts: Bool
  /// How long a tenant stays with a process that no longer renews its lease.
  package var lease: Duration = .seconds(30)
  /// How long one statement may take; nil: half a minute.
  package var deadline: Duration?
  private var secret: SecretReference?
  /// Of the variable that `secret` names, once it was looked up.
  private var value: Secret?

  /// The variable that holds the password where no option names another place.
  package static let passwordVariable = "MESSAGE_TRACE_STATE_PASSWORD"
  /// The shortest and the longest lease.
  package static let leases = Duration.seconds(2)...Duration.seconds(3_600)

  private static let schemes = ["postgresql://", "postgres://"]
  private static let ownOptions = ["password-file", "password-env", "lease"]
  /// Those of libpq that suit a state.
  private static let options = [
    "application_name", "channel_binding", "connect_timeout", "gssdelegation", "gssencmode", "gsslib", "host",
    "hostaddr", "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname",
    "load_balance_hosts", "max_protocol_version", "min_protocol_version", "passfile", "port", "dbname", "user",
    "require_auth", "requirepeer", "service", "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert",
    "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey", "sslmode", "sslnegotiation", "sslrootcert",
    "sslsni", "target_session_attrs", "tcp_user_timeout",
  ]
  /// Options whose value is the path of a file.
  package static let fileOptions = ["password-file", "passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl"]

  /// True for a text that names a database and no directory.
  package static func isOne(_ text: String) -> Bool { schemes.contains { text.hasPrefix($0) } }

  /// - Throws: `config.invalid` (78) for what is no such URI or holds a password.
  package init(parsing text: String) throws(Failure) {
    guard let scheme = Self.schemes.first(where: text.hasPrefix) else {
      throw Self.refused("it does not begin with postgresql://")
    }
    let rest = text.dropFirst(scheme.utf8.count)
    let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = (parts.first ?? "").split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let authority = path.first ?? ""
    // A password may hold what ends the authority.
    let user = rest.lastIndex(of: "@").map { rest[..<$0] }
    guard user?.contains(":") != true else { throw Self.holdsPassword }
    let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    let database = path.count > 1 ? path[1] : ""
    var passed: [String] = []
    var named: [String: String] = [:]
    for option in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(pair[0])
      guard pair.count == 2, let bytes = PercentEncoding.decode(pair[1]) else {
        throw Self.refused("the option \(Log.clean(name, limit: 40)) is not NAME=VALUE")
      }
      guard name != "password", name != "sslpassword" else { throw Self.holdsPassword }
      named[name] = String(decoding: bytes, as: UTF8.self)
      if Self.options.contains(name) {
        passed.append(String(option))
      } else if !Self.ownOptions.contains(name) {
        throw Self.refused(
          "there is no option \(Log.clean(name, limit: 40))\(Suggestion.question(name, among: Self.options + Self.ownOptions).dropLast())"
        )
      }
    }
    self.text = text
    uri = "postgresql://\(parts.first ?? "")\(passed.isEmpty ? "" : "?\(passed.joined(separator: "&"))")"
    place = "postgresql://\(hosts)/\(database)"
    identity = Self.identity(String(hosts), String(database), named)
    hasSeveralHosts = hosts.contains(",") || named["host"]?.contains(",") == true
    try readOwn(named)
  }

  private mutating func readOwn(_ named: [String: String]) throws(Failure) {
    if let name = named["password-env"] { secret = .environment(name) }
    if let path = named["password-file"] {
      guard secret == nil else { throw Self.refused("password-file and password-env are both set") }
      secret = .file(path)
    }
    if let text = named["connect_timeout"], (Int(text) ?? 0) < 2 {
      throw Self.refused("connect_timeout must be 2 seconds or more")
    }
    guard let text = named["lease"] else { return }
    guard let span = Duration(parsing: text), Self.leases.contains(span) else {
      throw Self.refused(
        "lease must be a duration from \(Self.leases.lowerBound.text) to \(Self.leases.upperBound.text), not \(Log.clean(text, limit: 40))"
      )
    }
    lease = span
  }

  /// With the password that a variable holds. That of a file is read with each connection.
  package func withSecrets(_ environment: [String: String]) throws(Failure) -> DatabaseTarget {
    var target = self
    switch secret {
    case .file: break
    case .environment: target.value = try secret?.load(purpose: "database's password", environment: environment)
    case nil: target.value = environment[Self.passwordVariable].flatMap { $0.isEmpty ? nil : Secret($0) }
    }
    return target
  }

  /// nil: libpq finds one itself, or needs none.
  func password() throws(Failure) -> Secret? {
    if case .file = secret { return try secret?.load(purpose: "database's password", environment: [:]) }
    return value
  }

  private static func identity(_ hosts: String, _ database: String, _ named: [String: String]) -> String {
    let host = named["host"] ?? named["hostaddr"] ?? hosts
    let port = named["port"] ?? "5432"
    let places = host.lowercased().split(separator: ",").map { place in
      place.hasSuffix("]") || !place.contains(":") || place.hasPrefix("/") ? "\(place):\(port)" : String(place)
    }
    let name =
      named["dbname"] ?? PercentEncoding.decode(database).map { String(decoding: $0, as: UTF8.self) } ?? database
    return "\(places.sorted().joined(separator: ","))/\(name)?\(named["service"] ?? "")"
  }

  private static func refused(_ what: String) -> Failure {
    Failure(
      .configInvalid, exit: .configuration, "Reading the settings: the state's URI cannot be used: \(what).",
      hint: "Write postgresql://USER@HOST/DATABASE?sslmode=verify-full: message-trace help state.")
  }

  private static let holdsPassword = Failure(
    .configInvalid, exit: .configuration, "Reading the settings: the state's URI must not hold a password.",
    hint: "Set \(passwordVariable), or name a file: PGPASSFILE, or the option password-file=PATH.")
}
