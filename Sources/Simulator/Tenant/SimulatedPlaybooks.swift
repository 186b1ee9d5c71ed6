// Playbooks of many tenants that collect from one simulator: what a process of `run` can be tried with.

internal import Glibc
package import IntakeCore

/// Playbooks in one folder, each with a tenant, a state and an output file of its own there.
package struct SimulatedPlaybooks: Sendable {
  /// Paths of the service that fails or hangs, before those of Graph.
  package static let failing = "/failing"
  package static let hanging = "/hanging"
  /// Of so many tenants one fails and one hangs, where some are to.
  private static let troubledIn = 100

  private let server: SimulatorServer
  private let folder: String

  /// - Parameters:
  ///   - server: its settings say how many tenants there are, and whether some of them have trouble.
  ///   - folder: is made where it does not exist; absolute, or below the current directory.
  package init(_ server: SimulatorServer, in folder: String) {
    self.server = server
    self.folder = folder
  }

  /// Writes the playbooks and the file of their client secret.
  /// - Returns: their paths, in the order of the tenants.
  /// - Throws: 73 or 74 where they cannot be written.
  package func write() throws(Failure) -> [String] {
    if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw Failure(
        "simulator.folder", exit: .cannotCreate,
        "Creating the directory \(Log.clean(folder, limit: 200)): \(FileBytes.describe(errno)).",
        hint: "Name a directory whose parent exists and is writable.")
    }
    try AtomicFile.replace("\(folder)/secret", with: Array(server.settings.clientSecret.utf8), mode: 0o600)
    var paths: [String] = []
    for number in 1...max(1, server.settings.tenants) {
      paths.append("\(folder)/\(Self.name(number)).json")
      try AtomicFile.replace(paths[paths.count - 1], with: Array(text(number).utf8), mode: 0o644)
    }
    return paths
  }

  private static func name(_ number: Int) -> String { "tenant-\(number)" }

  private func text(_ number: Int) -> String {
    let name = Self.name(number)
    return """
      {
        "name": "\(name)", "type": "intake",
        "trigger": { "since": "1h" },
        "source": {
          "mode": "graph", "tenant": "\(SimulatorSettings.tenantName(number))", "clientId": "\(server.settings.clientID)",
          "clientSecret": { "file": "secret" },
          "graphUrl": "\(server.graphURL)\(trouble(number))", "authority": "\(server.authorityURL)"
        },
        "sinks": ["file:\(name).ndjson"],
        "state": "\(name)"
      }

      """
  }

  /// What stands before the paths of Graph: nothing for a tenant in good health.
  private func trouble(_ number: Int) -> String {
    guard server.settings.hasTroubledTenants else { return "" }
    switch number % Self.troubledIn {
    case Self.troubledIn / 2: return Self.failing
    case 0: return Self.hanging
    default: return ""
    }
  }
}

extension SimulatorSettings {
  /// - Parameter number: from 1.
  static func tenantName(_ number: Int) -> String { "tenant-\(number).onmicrosoft.com" }

  /// True for the names of `tenants`.
  /// - Parameter name: in lower case.
  func hasFurtherTenant(_ name: String) -> Bool {
    guard let number = name.split(separator: ".").first.flatMap({ Int($0.dropFirst("tenant-".utf8.count)) }) else {
      return false
    }
    return number >= 1 && number <= tenants && name == Self.tenantName(number)
  }
}
