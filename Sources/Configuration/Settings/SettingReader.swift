// From text to types: one function a kind of value; each mistake is noted with the setting's name.

package import IntakeCore

/// Reads typed values from a layer and collects every mistake in them.
package struct SettingReader {
  package let layer: SettingLayer
  package let environment: [String: String]
  package private(set) var mistakes: [String] = []
  /// What works and may still not be meant, one sentence each.
  package private(set) var warnings: [String] = []
  private var worst: Failure?

  /// False where only the shape of the settings is of interest, on a host that need not hold the secrets.
  package let loadsSecrets: Bool

  package init(layer: SettingLayer, environment: [String: String], loadsSecrets: Bool = true) {
    self.layer = layer
    self.environment = environment
    self.loadsSecrets = loadsSecrets
  }

  /// All mistakes as one failure; a single one that came as a failure of its own keeps its code and hint.
  package var failure: Failure {
    if mistakes.count == 1, var worst {
      worst.sentence = "Reading the settings: \(mistakes[0])"
      return worst
    }
    let list = mistakes.count == 1 ? " \(mistakes[0])" : mistakes.map { "\n  \($0)" }.joined()
    // A flag or a variable is no mistake of the playbook's, which `validate` would call good.
    let isInPlaybook = mistakes.contains { !$0.hasPrefix("--") && !$0.hasPrefix("MESSAGE_TRACE_") }
    let hint = isInPlaybook ? layer.playbook.map { "Run: message-trace playbook validate \($0)" } : nil
    return Failure(
      .configInvalid, exit: .configuration, "Reading the settings:\(list)",
      hint: hint
        ?? "Give settings as flags, as variables such as MESSAGE_TRACE_TENANT, or in a playbook: message-trace help playbook"
    )
  }

  /// What the user calls a setting: where they wrote it, else where it belongs in their playbook, else its flag.
  package func name(_ setting: Setting) -> String {
    let file = loadsSecrets ? layer.playbook.map { "\($0), " } ?? "" : ""
    if let place = layer.places[setting] { return place.hasPrefix("line ") ? file + place : place }
    if layer[setting] == nil, layer.playbook != nil, let path = setting.playbookPath { return path }
    return "--\(setting.rawValue)"
  }

  package mutating func note(_ mistake: String) { mistakes.append(mistake) }

  package mutating func warn(_ sentence: String?) {
    if let sentence, !warnings.contains(sentence) { warnings.append(sentence) }
  }

  /// Notes the failure of a part that a setting caused, under the setting's place.
  package mutating func note(_ failure: Failure, of setting: Setting) {
    let doing = "Reading the settings: "
    let text =
      failure.sentence.hasPrefix(doing) ? String(failure.sentence.dropFirst(doing.utf8.count)) : failure.sentence
    let isPlaced = layer.places[setting] != nil
    mistakes.append(isPlaced ? "\(name(setting)): \(text)" : text)
    worst = failure
  }

  package func text(_ setting: Setting) -> String? { layer[setting]?.last }
  package func list(_ setting: Setting) -> [String]? { layer[setting] }
  package func flag(_ setting: Setting) -> Bool { layer[setting]?.last == "true" }

  package mutating func choice<Value>(_ setting: Setting, _ make: (String) -> Value?, among names: [String]) -> Value? {
    guard let text = text(setting) else { return nil }
    if let value = make(text) { return value }
    note(
      "\(name(setting)) must be one of \(names.joined(separator: " | ")), not \(Log.clean(text, limit: 60))\(Suggestion.question(text, among: names))"
    )
    return nil
  }

  package mutating func number(_ setting: Setting, _ range: ClosedRange<Int>) -> Int? {
    guard let text = text(setting) else { return nil }
    if let value = Int(text), range.contains(value) { return value }
    note(
      "\(name(setting)) must be a number from \(range.lowerBound) to \(range.upperBound), not \(Log.clean(text, limit: 60))."
    )
    return nil
  }

  package mutating func span(_ setting: Setting, atLeast least: Duration) -> Duration? {
    text(setting).flatMap { checkedSpan($0, setting, least) }
  }

  /// Where the first pass starts: a span before it, or a point in time as `TimeText` reads it.
  package mutating func start(_ setting: Setting, now: Instant) -> (span: Duration?, instant: Instant?) {
    guard let text = text(setting) else { return (nil, nil) }
    if let span = Duration(parsing: text.hasPrefix("-") ? String(text.dropFirst()) : text) { return (span, nil) }
    if let instant = TimeText.parse(text, now: now), instant <= now { return (nil, instant) }
    note(
      "\(name(setting)) must be a duration such as 6h or 2d, or a time in the past such as 2026-03-02 or yesterday, not \(Log.clean(text, limit: 60))."
    )
    return (nil, nil)
  }

  package mutating func spans(_ setting: Setting, atLeast least: Duration) -> [Duration]? {
    guard let texts = list(setting) else { return nil }
    return texts.filter { $0 != "none" }.compactMap { checkedSpan($0, setting, least) }.sorted()
  }

  private mutating func checkedSpan(_ text: String, _ setting: Setting, _ least: Duration) -> Duration? {
    if let span = Duration(parsing: text), span >= least { return span }
    let suggestion = Duration(parsing: "\(text)s").map { $0 >= least ? ", did you mean \(text)s?" : "." } ?? "."
    note(
      "\(name(setting)) must be a duration of at least \(least.text), such as 90s, 15m, 6h or 2d, not \(Log.clean(text, limit: 60))\(suggestion)"
    )
    return nil
  }

  package mutating func url(_ setting: Setting) -> String? {
    guard var text = text(setting) else { return nil }
    while text.hasSuffix("/") { text.removeLast() }
    guard text.hasPrefix("https://") || text.hasPrefix("http://") else {
      let question =
        text.contains("://") || text.isEmpty ? "." : ", did you mean https://\(Log.clean(text, limit: 100))?"
      note("\(name(setting)) must be an https URL, not \(Log.clean(text, limit: 100))\(question)")
      return nil
    }
    return text
  }

  /// The state directory as it is named; nil where none is.
  package mutating func statePath() -> String? {
    guard let path = text(.state) else { return nil }
    if path.hasPrefix("~") {
      note("\(name(.state)) must be a full path, not \(Log.clean(path, limit: 100)): only a shell expands ~.")
    }
    return path
  }

  /// The directory for the states of tenants that name none.
  package mutating func commonStatePath() -> String {
    if let path = userStatePath { return path }
    note("No state directory: neither \(name(.state)) nor STATE_DIRECTORY, XDG_STATE_HOME or HOME is set.")
    return ""
  }

  /// Where this user's states are unless `state` names another place; nil where the environment names no place.
  package var userStatePath: String? {
    if let path = environment["STATE_DIRECTORY"], let first = path.split(separator: ":").first { return String(first) }
    if let path = environment["XDG_STATE_HOME"], path.hasPrefix("/") { return "\(path)/message-trace" }
    if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.local/state/message-trace" }
    return nil
  }

  /// The `tenant` setting, else the domain of `username`, else empty; ASCII lower-case.
  package func tenant() -> String {
    if let tenant = text(.tenant) { return tenant.lowercasedASCII }
    guard let username = text(.username), let at = username.lastIndex(of: "@") else { return "" }
    return String(username[username.index(after: at)...]).lowercasedASCII
  }
}
