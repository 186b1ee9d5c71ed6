// Files that are replaced in one step, so that readers and crashes see the old content or the new, never a part.

internal import Glibc

package enum AtomicFile {
  /// Replaces `path`; a failure leaves the old file in place. Not synced: for files that may be lost in a crash.
  /// `mode` is set whatever the umask says.
  package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(Failure) {
    let temporary = "\(path).tmp-\(getpid())"
    let files = FileCalls.system
    do throws(FileFault) {
      if unsafe unlink(temporary) != 0, errno != ENOENT { throw FileFault(.remove, temporary, errno) }
      let file = try files.open(temporary, O_WRONLY | O_CREAT | O_EXCL)
      try files.write(bytes, to: file, at: 0)
      if fchmod(file.raw, mode) != 0 { throw FileFault(.write, temporary, errno) }
      try files.close(file)
      guard unsafe rename(temporary, path) == 0 else { throw FileFault(.rename, path, errno) }
    } catch {
      _ = unsafe unlink(temporary)
      throw error.failure("file", "Writing \(path)")
    }
  }

  /// Replaces `name` in an open directory and returns once the new content survives a power loss. The temporary file is
  /// `name.tmp`; the directory's owner alone may write there, one process at a time.
  package static func replaceDurably(
    _ name: String, in directory: Descriptor, with bytes: [UInt8], files: FileCalls
  ) throws(FileFault) {
    let temporary = "\(name).tmp"
    let file = try files.open(temporary, in: directory, O_WRONLY | O_CREAT | O_TRUNC)
    try files.write(bytes, to: file, at: 0)
    try files.sync(file)
    try files.close(file)
    try files.rename(temporary, to: name, in: directory)
    try files.sync(directory)
  }
}
