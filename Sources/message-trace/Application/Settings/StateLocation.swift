// Where a tenant's state is when nothing names it, and which settings mean the same place.

internal import Checkpoint
internal import Configuration
internal import Glibc
internal import IntakeCore

enum StateLocation {
  /// The default directory of a tenant: its own, below the common one.
  ///
  /// Earlier versions kept the state of the only tenant in the common directory itself. Where that state belongs to this
  /// tenant, or cannot be read, it is used on.
  static func ofTenant(_ tenant: String, in common: String) -> String {
    guard !tenant.isEmpty, !common.isEmpty else { return common }
    let own = "\(common)/\(name(tenant))"
    guard !exists("\(own)/checkpoint.json"), isUsed(common, by: tenant) else { return own }
    return common
  }

  /// The state directories below the common one, itself included, in which something was collected; sorted.
  static func used(in common: String) -> [String] {
    let files = FileCalls.system
    let names = (try? files.names(in: files.open(common, O_RDONLY | O_DIRECTORY, followLinks: true))) ?? []
    return ([common] + names.sorted().map { "\(common)/\($0)" }).filter { exists("\($0)/checkpoint.json") }
  }

  /// - Throws: `config.shared_state` (78) where two playbooks mean the same directory, however it is spelled.
  static func refuseShared(_ states: [(playbook: String, path: String)]) throws(Failure) {
    var known: [String: String] = [:]
    for (playbook, path) in states {
      guard let other = known.updateValue(playbook, forKey: identity(path)) else { continue }
      throw Failure(
        .sharedState, exit: .configuration,
        "Starting: \(playbook) and \(other) use the same state\(path.contains("://") ? "" : " directory") \(path), so each would miss what the other reads.",
        hint: "Give each playbook its own `state`; or list all sinks of the tenant in one playbook.")
    }
  }

  /// Equal for all paths to one directory, and as written for a tenant's rows in a database: device and inode of the part that exists, and the rest as written.
  static func identity(_ path: String) -> String {
    guard !path.contains("://") else { return path }
    var rest: [Substring] = []
    var parts = path.split(separator: "/")
    let root = path.hasPrefix("/") ? "/" : ""
    while true {
      let present = root + parts.joined(separator: "/")
      if let status = try? FileCalls.system.status(
        FileCalls.system.open(present.isEmpty ? "." : present, O_RDONLY | O_DIRECTORY, followLinks: true))
      {
        return "\(status.device):\(status.inode)/\(rest.reversed().joined(separator: "/"))"
      }
      guard let last = parts.popLast() else { return path }
      if last != "." { rest.append(last) }
    }
  }

  /// The one full path of a directory, however it is spelled and whether or not it exists yet; what is no path stays.
  static func fullPath(_ path: String) -> String {
    guard !path.contains("://") else { return path }
    var parts = path.split(separator: "/")
    var rest: [Substring] = []
    let root = path.hasPrefix("/") ? "/" : ""
    while true {
      let present = root + parts.joined(separator: "/")
      if let real = unsafe realpath(present.isEmpty ? "." : present, nil) {
        defer { unsafe free(real) }
        return unsafe ([String(cString: real)] + rest.reversed().map(String.init)).joined(separator: "/")
      }
      guard let last = parts.popLast() else { return path }
      rest.append(last)
    }
  }

  /// A tenant as a file name: what is neither letter, digit, dot, hyphen nor underscore becomes an underscore.
  static func name(_ tenant: String) -> String {
    let plain = tenant.utf8.map { byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
      return isPlain ? byte : 0x5F
    }
    let name = String(decoding: plain, as: UTF8.self)
    return name.hasPrefix(".") ? "_\(name)" : name
  }

  private static func isUsed(_ directory: String, by tenant: String) -> Bool {
    guard exists("\(directory)/checkpoint.json") || exists("\(directory)/journal") else { return false }
    guard let summary = try? StateDirectory.summary(directory) else { return true }
    return summary.tenant == tenant
  }

  private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}

extension Failure.Code {
  /// Two playbooks use the same state directory.
  static let sharedState = Self(rawValue: "config.shared_state")
}
