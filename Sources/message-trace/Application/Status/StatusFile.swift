// The status of the last pass, as a file in the state directory.

internal import IntakeCore

/// `status.json` in a state directory. It may be read while another process works there.
enum StatusFile {
  static func read(_ statePath: String) -> PassStatus? {
    guard let bytes = try? FileBytes.read(path(statePath), purpose: "status"),
      let value = try? JSONValue(parsing: bytes)
    else { return nil }
    return PassStatus(value)
  }

  static func write(_ status: PassStatus, _ statePath: String) throws(Failure) {
    try AtomicFile.replace(path(statePath), with: Array("\(status.json.text)\n".utf8), mode: 0o600)
  }

  private static func path(_ statePath: String) -> String { "\(statePath)/status.json" }
}
