// Removal of a directory with its content.

internal import Glibc

enum DirectoryTree {
  /// Removes the folder and everything below it; links are removed, never followed.
  static func remove(_ path: String) {
    if let directory = unsafe opendir(path) {
      var names: [String] = []
      while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
      }
      unsafe closedir(directory)
      for name in names { removeEntry("\(path)/\(name)") }
    }
    _ = unsafe rmdir(path)
  }

  private static func removeEntry(_ path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR { remove(path) } else { _ = unsafe unlink(path) }
  }
}
