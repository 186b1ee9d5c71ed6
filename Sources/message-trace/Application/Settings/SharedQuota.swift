// Where the requests of a tenant are counted for all states of this user: services count them by tenant, not by state.

internal import Configuration
internal import Glibc
internal import HTTPTransport
internal import IntakeCore

/// The file that all states of one tenant share, beside the count of each state.
enum SharedQuota {
  /// Beneath the user's default place of states; no tenant's directory begins with a dot.
  private static let folder = ".quota"

  /// - Parameters:
  ///   - root: the user's default place of states; nil where the environment names none.
  ///   - service: its URL: a simulator's requests are not Microsoft's.
  /// - Returns: nil where nothing can be shared.
  static func path(in root: String?, service: String, tenant: String) -> String? {
    guard let root, !tenant.isEmpty, let origin = WebAddress(service)?.origin else { return nil }
    let host = origin.text.split(separator: "/").last.map(String.init) ?? ""
    return "\(root)/\(folder)/\(StateLocation.name("\(host)_\(tenant)"))"
  }

  /// True if the file can be used; makes its directory, for this user alone, where it is missing.
  static func isUsable(_ path: String) -> Bool {
    let place = parent(of: path)
    makeDirectories(place)
    var status = stat()
    guard unsafe lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
      status.st_mode & 0o022 == 0
    else { return false }
    return unsafe access(path, R_OK | W_OK) == 0 || errno == ENOENT && access(place, W_OK | X_OK) == 0
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// Makes what is missing; a failure shows when the directory is looked at.
  private static func makeDirectories(_ path: String) {
    guard path.count > 1, unsafe mkdir(path, 0o700) != 0, errno == ENOENT else { return }
    makeDirectories(parent(of: path))
    _ = unsafe mkdir(path, 0o700)
  }
}
