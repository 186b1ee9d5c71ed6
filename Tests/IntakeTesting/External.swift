// Real programs that tests talk to.

internal import Glibc

/// Where a program is missing, its tests are left out and say so; but not where CI says so.
package enum External {
  /// Where a program is installed, nil if nowhere.
  package static func path(of program: String) -> String? {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(program)" }.first { unsafe access($0, X_OK) == 0 }
  }

  package static func isWanted(_ program: String) -> Bool {
    let isCI = unsafe getenv("CI").map { unsafe String(cString: $0) } == "true"
    return isCI || path(of: program) != nil
  }
}
