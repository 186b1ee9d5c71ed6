// libpq, opened when a state in a database is first needed: nothing is linked, nothing is loaded by a program without one.

internal import CSystem
internal import IntakeCore

/// The loaded library; its table of calls lives as long as the process does.
struct DatabaseLibrary: Sendable {
  private let bits: UInt

  private static let shared = DatabaseLibrary()

  /// - Throws: `state.database.library` (71), naming the package to install.
  static func loaded() throws(Failure) -> DatabaseLibrary {
    if let shared { return shared }
    throw Failure(
      "state.database.library", exit: .system, "Opening the state: libpq.so.5 could not be loaded.",
      hint: "Install libpq (Debian and Ubuntu: libpq5; Fedora: libpq).")
  }

  private init?() {
    let table = UnsafeMutablePointer<csystem_libpq>.allocate(capacity: 1)
    unsafe table.initialize(to: csystem_libpq())
    guard unsafe csystem_libpq_load(table, "libpq.so.5") == 1 else {
      unsafe table.deallocate()
      return nil
    }
    bits = UInt(bitPattern: table)
  }

  var calls: csystem_libpq {
    guard let table = unsafe UnsafePointer<csystem_libpq>(bitPattern: bits) else { return csystem_libpq() }
    return unsafe table.pointee
  }
}
