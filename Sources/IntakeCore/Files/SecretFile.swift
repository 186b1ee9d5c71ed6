// Which files may hold a secret: by where they lie, by their mode and by their owner.

internal import CSystem
internal import Glibc

/// Reads the file of a secret and refuses one that others could read or change.
///
/// Trusted whatever their mode: files in `$CREDENTIALS_DIRECTORY`, which systemd 254 and later gives to the service by an
/// access control list, and files in a volume that is projected into a container: a read-only tmpfs, whose modes belong to
/// the orchestrator. Anywhere else others may not read and neither group nor others may write. Sources: systemd.exec(5),
/// "Credentials"; Kubernetes, "Projected Volumes".
package enum SecretFile {
  /// - Parameters:
  ///   - path: relative to the working directory, or absolute.
  ///   - purpose: for errors, such as `client secret`.
  ///   - credentials: `$CREDENTIALS_DIRECTORY`; nil: none.
  /// - Throws: exit 78 for a file that is missing, unreadable or not private.
  package static func read(
    _ path: String, purpose: String, credentials: String? = credentialsDirectory
  ) throws(Failure) -> [UInt8] {
    do throws(Failure) {
      return try FileBytes.read(path, purpose: purpose, unreadable: .configuration) {
        (descriptor, mode) throws(Failure) in
        try check(descriptor, mode, path: path, purpose: purpose, credentials: credentials)
      }
    } catch {
      guard error.code == .init(rawValue: "file.missing") else { throw error }
      var missing = error
      missing.hint = "Write the \(purpose) into that file (chmod 600), or correct the path."
      throw missing
    }
  }

  /// The check of `read` alone, for files that a library reads by their path.
  package static func check(
    _ path: String, purpose: String, credentials: String? = credentialsDirectory
  ) throws(Failure) {
    _ = try read(path, purpose: purpose, credentials: credentials)
  }

  /// `$CREDENTIALS_DIRECTORY` of this process.
  package static var credentialsDirectory: String? {
    guard let value = unsafe getenv("CREDENTIALS_DIRECTORY") else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// A sentence where a user other than root and this one owns the file and can replace the secret; nil elsewhere.
  package static func warning(_ path: String, purpose: String) -> String? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_uid != 0, status.st_uid != geteuid() else { return nil }
    return "Another user (uid \(status.st_uid)) owns the file of the \(purpose), \(path)."
  }

  /// True if this process may read the file.
  package static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  private static func check(
    _ descriptor: Int32, _ mode: UInt32, path: String, purpose: String, credentials: String?
  ) throws(Failure) {
    let bits = refusedBits(mode)
    guard !bits.isEmpty, !isInside(credentials, path), csystem_is_on_read_only_tmpfs(descriptor) == 0 else { return }
    throw Failure(
      "secret.permissions", exit: .configuration,
      "Reading the \(purpose) from \(path): its mode \(octal(mode)) lets \(who(mode)) (\(bits.joined(separator: ","))).",
      hint: "Run: chmod \(bits.joined(separator: ",").replacingPlusByMinus) \(path)")
  }

  /// `o+r`, `o+w` and `g+w`, as far as the mode has them.
  private static func refusedBits(_ mode: UInt32) -> [String] {
    let names: [(UInt32, String)] = [(0o004, "o+r"), (0o002, "o+w"), (0o020, "g+w")]
    return names.filter { mode & $0.0 != 0 }.map(\.1)
  }

  private static func who(_ mode: UInt32) -> String {
    if mode & 0o004 != 0 { return "every user read it" }
    return mode & 0o002 != 0 ? "every user replace it" : "its group replace it"
  }

  private static func octal(_ mode: UInt32) -> String {
    let text = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }

  private static func isInside(_ directory: String?, _ path: String) -> Bool {
    guard let directory = directory.flatMap(resolved), let file = resolved(path) else { return false }
    return file.hasPrefix(directory == "/" ? "/" : directory + "/")
  }

  private static func resolved(_ path: String) -> String? {
    guard let text = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }
}

extension String {
  fileprivate var replacingPlusByMinus: String { String(map { $0 == "+" ? "-" : $0 }) }
}
