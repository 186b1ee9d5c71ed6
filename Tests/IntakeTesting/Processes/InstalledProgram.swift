// The rule for programs that tests need and a machine may lack.

internal import Glibc

/// A test whose program is not installed is skipped with a message; where `CI` is set, it runs and fails.
///
///     @Test("…", .enabled(if: InstalledProgram.isWanted("openssl"), "openssl is not installed"))
package enum InstalledProgram {
  /// The path of a program, nil if it is not installed.
  package static func path(of program: String) -> String? {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"].map { "\($0)/\(program)" }
      .first { unsafe access($0, X_OK) == 0 }
  }

  /// True if the test that needs `program` has to run.
  package static func isWanted(_ program: String) -> Bool {
    let isCI = unsafe getenv("CI").map { unsafe String(cString: $0) } == "true"
    return isCI || path(of: program) != nil
  }
}
