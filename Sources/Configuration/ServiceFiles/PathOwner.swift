// Who owns a path, or what exists above it: the user that a service has to run as to write there.

internal import Glibc

package enum PathOwner {
  /// The path itself, or the nearest directory above it that exists.
  static func existing(_ path: String) -> String {
    var current = path[...]
    while current.utf8.count > 1, unsafe access(String(current), F_OK) != 0 {
      current = current[..<(current.lastIndex(of: "/") ?? current.startIndex)]
    }
    return current.isEmpty ? "/" : String(current)
  }

  /// The name of the owner of a path or of what exists above it, its number where it has no name; nil if it cannot be told.
  package static func name(_ path: String) -> String? {
    var status = stat()
    guard unsafe stat(existing(path), &status) == 0 else { return nil }
    guard let entry = unsafe getpwuid(status.st_uid) else { return "\(status.st_uid)" }
    return unsafe String(cString: entry.pointee.pw_name)
  }
}
