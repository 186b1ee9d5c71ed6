// Whose file an output file is: events hold mail data, and a file that another user prepared is a way out for it.

internal import Glibc
internal import IntakeCore

/// The checks of an output file and of the way to it, as of the state directory.
enum OutputPermissions {
  /// - Parameter status: of the open file.
  /// - Throws: `sink.file.perms` (73).
  static func check(_ status: FileStatus, _ path: String) throws(Failure) {
    guard status.owner == geteuid() else {
      throw refusal(
        path, "it belongs to another user (uid \(status.owner))",
        hint: "Name another file, or run: chown \(geteuid()) \(path)")
    }
    guard status.permissions & 0o022 == 0 else {
      throw refusal(path, "others than its owner may write to it", hint: "Run: chmod go-w \(path)")
    }
    guard status.links <= 1 else {
      throw refusal(
        path, "it has \(status.links) names (hard links), so that it is another file as well",
        hint: "Name a file of its own; ls -i shows the number that both names have.")
    }
  }

  /// Refuses a symbolic link on the way to the file that lies where others may write: they can point it anywhere.
  static func checkWay(to directory: String, _ path: String) throws(Failure) {
    var way = directory.hasPrefix("/") ? "/" : "."
    var parent = way
    for name in directory.split(separator: "/") {
      parent = way
      way += way == "/" ? "\(name)" : "/\(name)"
      var link = stat()
      var folder = stat()
      guard unsafe lstat(way, &link) == 0, link.st_mode & S_IFMT == S_IFLNK else { continue }
      guard unsafe stat(parent, &folder) == 0, folder.st_mode & 0o022 != 0 else { continue }
      throw refusal(
        path, "\(way) is a symbolic link in a directory that others may write to",
        hint: "Name the real directory, or run: chmod go-w \(parent)")
    }
  }

  private static func refusal(_ path: String, _ reason: String, hint: String) -> Failure {
    Failure("sink.file.perms", exit: .cannotCreate, "Opening the output file \(path): \(reason).", hint: hint)
  }
}
