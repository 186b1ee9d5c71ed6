// What a schedule is printed for: program, playbook, and what the playbook reads and writes.

package import IntakeCore

/// What a unit file or crontab line needs to know.
package struct UnitParameters: Sendable {
  /// Absolute paths.
  package var binary: String
  package var playbook: String
  package var every: Duration
  /// Directories that file sinks and the metrics file write to.
  let outputs: [String]
  private let state: String
  private let isStateBelow: Bool
  /// Names and files of secrets that the playbook takes from files.
  let credentials: [(name: String, file: String)]

  /// - Throws: for paths that no unit file or crontab can hold.
  package init(
    _ binary: String, playbook: String, layer: SettingLayer, every: Duration = Defaults.every
  ) throws(Failure) {
    for path in [binary, playbook] where path.utf8.contains(where: { $0 < 0x20 }) || !path.hasPrefix("/") {
      throw Failure(
        "schedule.path", exit: .usage,
        "Printing a schedule: \(Log.clean(path, limit: 200)) cannot be used in a unit file or crontab.",
        hint: "Use the playbook's absolute path, without control characters.")
    }
    self.binary = binary
    self.playbook = playbook
    self.every = every
    let files = (layer[.sink] ?? []).filter { $0.hasPrefix("file:") }.map { String($0.dropFirst(5)) }
    let state = layer[.state]?.last ?? ""
    let below = "/var/lib/"
    isStateBelow = state.hasPrefix(below) && !state.contains("..") && state.utf8.count > below.utf8.count
    self.state = state
    let folders = Set((files + (layer[.metricsFile] ?? [])).compactMap(Self.folder))
    outputs = folders.union(state.isEmpty || isStateBelow ? [] : [state]).sorted()
    credentials = [Setting.clientSecretFile, .passwordFile].compactMap { setting in
      guard let name = setting.credentialName, let reference = layer[setting]?.last, reference.hasPrefix("file:/")
      else { return nil }
      return (name, String(reference.dropFirst(5)))
    }
  }

  /// The playbook's file name without its ending: the name of the unit.
  package var name: String {
    let file = playbook.split(separator: "/").last.map(String.init) ?? "playbook"
    let stem = file.hasSuffix(".json") ? String(file.dropLast(5)) : file
    return String(
      stem.unicodeScalars.map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-")
          ? Character(scalar) : "_"
      })
  }

  /// Below `/var/lib`: the playbook's own where it is there, else one by the unit's name.
  var stateDirectory: String {
    isStateBelow ? String(state.dropFirst("/var/lib/".utf8.count)) : "message-trace/\(name)"
  }

  var folder: String { Self.folder(playbook) ?? "/" }

  private static func folder(_ path: String) -> String? {
    guard path.hasPrefix("/"), let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
