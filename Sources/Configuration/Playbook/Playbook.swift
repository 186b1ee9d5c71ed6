// The playbook: one JSON file with source, schedule, mapping and sinks. Its keys: `Setting.playbookPath`.

package import IntakeCore

/// A playbook as read: its names and the layer of settings that it makes.
package struct Playbook: Sendable {
  package let name: String
  package let layer: SettingLayer

  /// Reads a playbook and finds all its mistakes at once.
  /// - Throws: exit 66 if it cannot be read, 78 with every mistake and its line otherwise.
  package static func read(_ path: String) throws(Failure) -> Playbook {
    try Playbook(parsing: try FileBytes.read(path, purpose: "playbook"), file: path)
  }

  package init(parsing bytes: [UInt8], file: String) throws(Failure) {
    let reader = try Self.examine(bytes, file: file)
    guard reader.mistakes.isEmpty else { throw Self.failure(reader.mistakes, file: file) }
    name = reader.name ?? file
    layer = reader.layer
  }

  /// Every mistake of a playbook at once: its keys and shapes, and the values that its settings cannot have. Secrets are
  /// not read: they belong to the host that runs it.
  /// - Parameter typed: the mistakes in the values of a layer, as the program's own parts find them.
  /// - Returns: notes on places that the starter left to be filled in.
  package static func validate(
    _ path: String, typed: (SettingLayer) -> [String]
  ) throws(Failure) -> [String] {
    let reader = try examine(try FileBytes.read(path, purpose: "playbook"), file: path)
    let mistakes = reader.mistakes + typed(reader.layer)
    guard mistakes.isEmpty else { throw failure(mistakes, file: path) }
    return notes(on: reader.layer)
  }

  private static func notes(on layer: SettingLayer) -> [String] {
    var notes: [String] = []
    if layer[.clientID] == [PlaybookStarter.clientID] {
      notes.append("source.clientId is still the placeholder; replace it with the application id of your Entra app.")
    }
    if let domains = layer[.localDomains], !domains.isEmpty,
      domains.allSatisfy({ $0.lowercasedASCII.hasSuffix(".onmicrosoft.com") })
    {
      notes.append(
        "normaliser.localDomains names no domain but \(Log.clean(domains[0], limit: 100)): add the tenant's accepted domains, or email.direction is wrong."
      )
    }
    return notes
  }

  private static func examine(_ bytes: [UInt8], file: String) throws(Failure) -> PlaybookReader {
    let document: JSONValue
    do { document = try JSONValue(parsing: bytes) } catch {
      throw Failure(
        "playbook.syntax", exit: .configuration,
        "Reading the playbook \(file): \(error.sentence(in: bytes))",
        hint: "A playbook is one JSON object; message-trace playbook init writes one to start from.")
    }
    var reader = PlaybookReader(bytes: bytes, folder: PlaybookFolder(of: file))
    reader.layer.playbook = file
    reader.read(document)
    return reader
  }

  private static func failure(_ mistakes: [String], file: String) -> Failure {
    Failure(
      "playbook.invalid", exit: .configuration,
      "Reading the playbook \(file):" + mistakes.map { "\n  \($0)" }.joined(),
      hint: "Fix them all, then run: message-trace playbook validate \(file)")
  }

  static func line(_ offset: Int, in bytes: [UInt8]) -> Int {
    1 + bytes.prefix(max(0, offset)).count { $0 == 0x0A }
  }
}

/// Reads the document's settings and collects its mistakes.
private struct PlaybookReader {
  let bytes: [UInt8]
  let folder: PlaybookFolder
  var layer = SettingLayer()
  var name: String?
  var mistakes: [String] = []

  static let settings: [String: Setting] = Dictionary(
    uniqueKeysWithValues: Setting.allCases.compactMap { setting in setting.playbookPath.map { ($0, setting) } })
  static let sections = Set(PlaybookSchema.sections)
  static let labels = Set(PlaybookSchema.labels)
  /// After that many the rest is not read: what has so many is no playbook.
  private static let mostMistakes = 100

  init(bytes: [UInt8], folder: PlaybookFolder) {
    self.bytes = bytes
    self.folder = folder
  }

  mutating func read(_ document: JSONValue) {
    guard let members = document.members else { return note("the playbook is not a JSON object", at: 0) }
    for member in members where mistakes.count < Self.mostMistakes {
      if Self.sections.contains(member.key) {
        readSection(member)
      } else if Self.labels.contains(member.key) {
        readLabel(member)
      } else if let setting = Self.settings[member.key] {
        readSetting(setting, member, path: member.key)
      } else {
        unknown(member, path: member.key, in: "")
      }
    }
  }

  private mutating func readSection(_ section: JSONValue.Member) {
    guard let members = section.value.members else {
      return note("\(section.key) must be an object", at: section.offset)
    }
    for member in members where mistakes.count < Self.mostMistakes {
      let path = "\(section.key).\(member.key)"
      if let setting = Self.settings[path] {
        readSetting(setting, member, path: path)
      } else {
        unknown(member, path: path, in: "\(section.key).")
      }
    }
  }

  private mutating func readLabel(_ member: JSONValue.Member) {
    guard let text = member.value.string, !text.isEmpty else {
      return note("\(member.key) must be a string", at: member.offset)
    }
    if member.key == "name" { name = text }
    if member.key == "type", text != "intake" { note("type must be \"intake\"", at: member.offset) }
  }

  private mutating func readSetting(_ setting: Setting, _ member: JSONValue.Member, path: String) {
    layer.places[setting] = "line \(Playbook.line(member.offset, in: bytes)): \(path)"
    if setting.isSecret { return readSecret(setting, member, path: path) }
    if setting == .proxy, member.value.members != nil { return readSecret(.proxyFile, member, path: path) }
    switch (setting.kind, member.value) {
    case (.flag, .bool(let value)):
      layer[setting] = value ? ["true"] : ["false"]
    case (.list, .array(let values)) where setting == .sink:
      layer[setting] = values.compactMap { readSink($0, member) }
    case (.list, .array(let values)) where values.allSatisfy({ $0.string != nil }):
      layer[setting] = values.compactMap(\.string).map { folder.resolved($0, of: setting) }
    case (.value, .string(let text)), (.list, .string(let text)):
      layer[setting] = [folder.resolved(text, of: setting)]
    case (.value, .number(let text)) where setting.isNumber:
      layer[setting] = [text]
    default:
      note("\(path) must be \(Self.wanted(setting))", at: member.offset)
    }
  }

  /// A sink is a spec, or an object with the spec and references to its secrets.
  private mutating func readSink(_ value: JSONValue, _ member: JSONValue.Member) -> String? {
    if let text = value.string { return folder.resolved(text, of: .sink) }
    guard let members = value.members else {
      note("\(member.key) must be a list of strings and objects", at: member.offset)
      return nil
    }
    switch SinkObject.spec(members, whole: folder.whole) {
    case .success(let spec): return folder.resolved(spec, of: .sink)
    case .failure(let mistake):
      note(mistake.text, at: members.first?.offset ?? member.offset)
      return nil
    }
  }

  private mutating func readSecret(_ setting: Setting, _ member: JSONValue.Member, path: String) {
    if case .object(let parts) = member.value, parts.count == 1, let part = parts.first, let text = part.value.string,
      part.key == "env" || part.key == "file", !text.isEmpty
    {
      layer[setting] = ["\(part.key):\(part.key == "file" ? folder.whole(text) : text)"]
    } else {
      note(
        "\(path) must be a reference, {\"env\": \"NAME\"} or {\"file\": \"PATH\"}: a playbook must not contain secrets",
        at: member.offset)
    }
  }

  private static func wanted(_ setting: Setting) -> String {
    switch setting.kind {
    case .flag: "true or false"
    case .list: "a list of strings"
    case .value where setting.isNumber: "a number"
    case .value: [.every, .lag, .since].contains(setting) ? "a duration in quotes, such as \"60s\"" : "a string"
    }
  }

  private mutating func unknown(_ member: JSONValue.Member, path: String, in section: String) {
    if let answer = SekoiaKeys.answer(to: member) { return note("unknown key \(path): \(answer)", at: member.offset) }
    let siblings = Self.settings.keys.filter { $0.hasPrefix(section) }.map { String($0.dropFirst(section.utf8.count)) }
    let known = section.isEmpty ? siblings.filter { !$0.contains(".") } + Self.sections + Self.labels : siblings
    let question = better(member.key, than: section).map { ", did you mean \($0)?" }
    note("unknown key \(path)\(question ?? Suggestion.question(member.key, among: known.sorted()))", at: member.offset)
  }

  /// The same key in other letters or in the object where it belongs, or the flag of what is no part of a playbook.
  private func better(_ key: String, than section: String) -> String? {
    func folded(_ text: some StringProtocol) -> String { String(text.filter { $0 != "-" && $0 != "_" }).lowercased() }
    let paths = Self.settings.keys.sorted() + Self.labels + Self.sections
    if let path = paths.first(where: { folded($0.split(separator: ".").last ?? "") == folded(key) }) {
      return path.hasPrefix(section) ? String(path.dropFirst(section.utf8.count)) : path
    }
    let flag = Setting.allCases.first { $0.playbookPath == nil && folded($0.rawValue) == folded(key) }
    return flag.map { "the flag --\($0.rawValue)" }
  }

  private mutating func note(_ mistake: String, at offset: Int) {
    guard mistakes.count < Self.mostMistakes else { return }
    mistakes.append("line \(Playbook.line(offset, in: bytes)): \(Log.clean(mistake, limit: 300))")
  }
}
