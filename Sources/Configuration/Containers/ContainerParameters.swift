// What containers are printed for: playbooks, the files that they name, and what is refused because no container could keep it.

package import IntakeCore

/// What a manifest needs to know.
package struct ContainerParameters: Sendable {
  /// A playbook as a container gets it.
  package struct Playbook: Sendable {
    /// Absolute path; the container has it at the same place, so that relative paths in it mean the same.
    package var path: String
    package var text: String
    package var layer: SettingLayer

    package init(path: String, text: String, layer: SettingLayer) {
      self.path = path
      self.text = text
      self.layer = layer
    }

    var folder: String { ContainerParameters.split(path).folder }
    var file: String { ContainerParameters.split(path).name }
    var name: String { file.hasSuffix(".json") ? String(file.dropLast(5)) : file }
    /// For sentences.
    var shown: String { Log.clean(path, limit: 200) }
  }

  package let playbooks: [Playbook]
  package let image: String
  package let replicas: Int

  /// Never to be hidden by a mount: the program and its libraries are below them.
  private static let systemFolders: Set<String> = [
    "/", "/bin", "/dev", "/etc", "/etc/ssl", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr",
    "/usr/bin",
    "/usr/lib", "/var",
  ]

  /// - Throws: `schedule.container` (78) for what a container cannot run: a state of one machine's own or without a
  ///   user, and paths at which nothing can be mounted or written.
  package init(_ playbooks: [Playbook], image: String, replicas: Int = 2) throws(Failure) {
    self.playbooks = playbooks
    self.image = image
    self.replicas = replicas
    for playbook in playbooks {
      try Self.checkState(playbook)
      guard Self.isKey(playbook.file) else {
        throw Self.refusal(
          "the file name \(Log.clean(playbook.file, limit: 100)) cannot be the key of a ConfigMap.",
          hint: "Use letters, digits, dots, hyphens and underscores.")
      }
    }
    if let (first, second) = pair(sharing: \.file) {
      throw Self.refusal("\(first.shown) and \(second.shown) have the same file name.", hint: "Rename one of them.")
    }
    for folder in folders + writableFolders where Self.systemFolders.contains(Self.plain(folder)) {
      throw Self.refusal(
        "\(Log.clean(folder, limit: 200)) is a system folder, which a mount would hide.",
        hint: "Put playbooks, secrets and metrics into folders of their own, such as /etc/message-trace.")
    }
    try checkOutputs()
  }

  /// Nothing can be written in or below what is mounted read-only.
  private func checkOutputs() throws(Failure) {
    // The last one is the pod's own.
    for written in writableFolders + [KubernetesPod.runFolder] {
      guard let fixed = folders.first(where: { Self.isWithin(written, $0) }) else { continue }
      throw Self.refusal(
        "\(Log.clean(written, limit: 200)) is written to, but \(Log.clean(fixed, limit: 200)) is mounted read-only.",
        hint: "Keep playbooks and secrets in /etc/message-trace, and metricsFile in a folder such as /run/metrics.")
    }
  }

  private static func checkState(_ playbook: Playbook) throws(Failure) {
    guard let state = playbook.layer[.state]?.last, isShared(state) else {
      throw refusal(
        "the state of \(Log.clean(playbook.name, limit: 100)) is a directory, which ends with its container.",
        hint: "Set \"state\" to postgresql://USER@HOST/DATABASE and make its tables: message-trace state init.")
    }
    guard namesUser(state) else {
      throw refusal(
        "the state of \(Log.clean(playbook.name, limit: 100)) names no user, and the container's own has no name.",
        hint: "Set \"state\" to postgresql://USER@HOST/DATABASE.")
    }
  }

  /// True where libpq does not ask the system for its user's name. A service may name one.
  private static func namesUser(_ state: String) -> Bool {
    guard let scheme = state.ranges(of: "://").first else { return false }
    let authority = state[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
    if let end = authority.lastIndex(of: "@"), end > authority.startIndex { return true }
    return options(state).contains { ["user", "service"].contains($0.name) }
  }

  /// True for a state in a database.
  package static func isShared(_ state: String) -> Bool {
    state.hasPrefix("postgresql://") || state.hasPrefix("postgres://")
  }

  /// The first two playbooks for which `name` is the same.
  func pair(sharing name: (Playbook) -> String) -> (first: Playbook, second: Playbook)? {
    var known: [String: Playbook] = [:]
    for playbook in playbooks {
      if let other = known.updateValue(playbook, forKey: name(playbook)) { return (other, playbook) }
    }
    return nil
  }

  /// SHA-256 over paths and text of the playbooks, in hex: another one where any of them has changed.
  var digest: String {
    let parts = playbooks.flatMap { SHA256.digest(Array($0.path.utf8)) + SHA256.digest(Array($0.text.utf8)) }
    return SHA256.digest(parts).hex
  }

  /// Every folder that is mounted read-only, sorted: those of playbooks and of the files that they name.
  var folders: [String] {
    Set(playbooks.map(\.folder) + files.map { mount(of: $0) }).sorted()
  }

  /// Every file that the playbooks name: secrets, keys, authorities, mappings; sorted.
  var files: [String] { Set(playbooks.flatMap { Self.files($0.layer) }).sorted() }

  /// Folders of metrics files.
  var writableFolders: [String] {
    Set(playbooks.flatMap { $0.layer[.metricsFile] ?? [] }.map { Self.plain(Self.split($0).folder) }).sorted()
  }

  /// The folder of a playbook where the file is below one, else the file's own.
  func mount(of file: String) -> String {
    let known = playbooks.map(\.folder).filter { file.hasPrefix($0 + "/") }
    return known.max { $0.utf8.count < $1.utf8.count } ?? Self.split(file).folder
  }

  /// The files of one folder with their keys in the Secret.
  func files(below folder: String) -> [(key: String, path: String)] {
    zip(files, keys).filter { mount(of: $0.0) == folder }.map { file, key in
      (key, String(file.dropFirst(folder.utf8.count + 1)))
    }
  }

  /// Files with their keys in the Secret, for the command that makes it.
  var keyedFiles: [(key: String, path: String)] { zip(keys, files).map { ($0, $1) } }

  /// One for each of `files`: the path in allowed characters, with a number where two would be equal.
  private var keys: [String] {
    var known: Set<String> = []
    return files.map { file in
      let plain = String(file.dropFirst().map { $0 == "/" ? "." : Self.isKeyCharacter($0) ? $0 : "_" })
      var key = plain
      var number = 2
      while !known.insert(key).inserted {
        key = "\(plain).\(number)"
        number += 1
      }
      return key
    }
  }

  /// What the orchestrator itself brings, such as a federated token, is no file of the playbook's.
  private static func files(_ layer: SettingLayer) -> [String] {
    let settings: [Setting] = [
      .clientSecretFile, .passwordFile, .redactKeyFile, .proxyFile, .certificateFile, .privateKeyFile, .caFile,
      .mapping,
    ]
    let named = settings.compactMap { layer[$0]?.last }
      .map { $0.hasPrefix("file:") ? String($0.dropFirst(5)) : $0 }
    let specs = (layer[.sink] ?? []) + (layer[.state] ?? [])
    return (named + specs.flatMap(optionFiles)).filter { $0.hasPrefix("/") }
  }

  private static func optionFiles(_ spec: String) -> [String] {
    let names = [
      "ca", "cert", "key", "token-file", "password-file", "header-file", "passfile", "sslcert", "sslkey",
      "sslrootcert", "sslcrl",
    ]
    return options(spec).filter { names.contains($0.name) }.compactMap { option in
      let value = option.value
      guard option.name == "header-file" else { return value }
      return value.firstIndex(of: ":").map { String(value[value.index(after: $0)...]) }
    }
  }

  /// What stands behind `?`, escapes undone; without those that have no value.
  private static func options(_ spec: String) -> [(name: String, value: String)] {
    guard let mark = spec.firstIndex(of: "?") else { return [] }
    var options: [(name: String, value: String)] = []
    for option in spec[spec.index(after: mark)...].split(separator: "&") {
      let parts = option.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let bytes = PercentEncoding.decode(parts[1]) else { continue }
      options.append((String(parts[0]), String(decoding: bytes, as: UTF8.self)))
    }
    return options
  }

  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  /// True for the same folder and for one below it.
  private static func isWithin(_ folder: String, _ outer: String) -> Bool { steps(folder).starts(with: steps(outer)) }

  /// A folder as a mount resolves it: without `.`, `..` and repeated slashes.
  private static func plain(_ folder: String) -> String { "/" + steps(folder).joined(separator: "/") }

  private static func steps(_ folder: String) -> [Substring] {
    var steps: [Substring] = []
    for step in folder.split(separator: "/") where step != "." {
      if step == ".." { _ = steps.popLast() } else { steps.append(step) }
    }
    return steps
  }

  private static func isKey(_ name: String) -> Bool {
    (1...253).contains(name.utf8.count) && name.allSatisfy(isKeyCharacter) && !name.hasPrefix(".")
  }

  private static func isKeyCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "-._".contains(character))
  }

  static func refusal(_ what: String, hint: String) -> Failure {
    Failure("schedule.container", exit: .configuration, "Printing for containers: \(what)", hint: hint)
  }
}
