// What a schedule is printed for: program, playbook, and what the playbook reads and writes.

package import IntakeCore

/// What a unit file or crontab line needs to know.
package struct UnitParameters: Sendable {
  /// Absolute paths.
  package var binary: String
  package var playbook: String
  package var every: Duration
  /// The playbook's file name without its ending: what `%i` stands for in the template.
  let instance: String
  /// Directories that file sinks and the metrics file write to, and a state outside of `/var/lib`.
  let outputs: [String]
  private let state: String
  /// Names and files of the credentials: every private file that the playbook names, and the secrets that it takes from
  /// the environment, which a service has not.
  let credentials: [(name: String, file: String)]
  /// The owner of what is written, where a dynamic user could not write it; nil: a dynamic user.
  let owner: String?

  /// - Parameter ownerOf: the user who owns a path, or the nearest directory above it that exists.
  /// - Throws: for paths that no unit file or crontab can hold.
  package init(
    _ binary: String, playbook: String, layer: SettingLayer, every: Duration = Defaults.every,
    ownerOf: (String) -> String? = PathOwner.name
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
    state = layer[.state]?.last ?? ""
    let folders = Set((files + (layer[.metricsFile] ?? [])).compactMap(Self.folder))
    let hasFolder = !state.isEmpty && !state.contains("://") && !Self.isStateDirectory(state)
    let stateFolders = !hasFolder ? [] : [PathOwner.existing(state)]
    outputs = folders.union(stateFolders).sorted()
    instance = Self.instance(of: playbook)
    credentials = UnitCredentials.all(layer, instance: instance)
    owner = outputs.first { !Self.isLogsDirectory($0) }.map { ownerOf($0) ?? "root" }
  }

  /// The instance as part of a unit's name.
  package var name: String {
    String(
      instance.unicodeScalars.map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-")
          ? Character(scalar) : "_"
      })
  }

  /// Below `/var/lib`: the playbook's own where it is there, else one by the unit's name.
  var stateDirectory: String {
    Self.isStateDirectory(state) ? String(state.dropFirst("/var/lib/".utf8.count)) : "message-trace/\(name)"
  }

  /// True for a path that is hidden from a service by `ProtectHome=yes`.
  var needsHome: Bool { paths.contains { path in ["/home/", "/root/", "/run/user/"].contains { path.hasPrefix($0) } } }

  /// True for a path that is hidden from a service by `PrivateTmp=yes`.
  var needsTemporary: Bool { paths.contains { path in ["/tmp/", "/var/tmp/"].contains { path.hasPrefix($0) } } }

  var folder: String { Self.folder(playbook) ?? "/" }

  private var paths: [String] { [binary, playbook] + outputs.map { $0 + "/" } }

  private static func isLogsDirectory(_ path: String) -> Bool {
    path == "/var/log/message-trace" || path.hasPrefix("/var/log/message-trace/")
  }

  private static func isStateDirectory(_ path: String) -> Bool {
    path.hasPrefix("/var/lib/") && !path.contains("..") && path.utf8.count > "/var/lib/".utf8.count
  }

  private static func instance(of playbook: String) -> String {
    let file = playbook.split(separator: "/").last.map(String.init) ?? "playbook"
    return file.hasSuffix(".json") ? String(file.dropLast(5)) : file
  }

  private static func folder(_ path: String) -> String? {
    guard path.hasPrefix("/"), let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
