// Small files that others read at any moment: written beside and renamed, so that they are always whole.

internal import Glibc
internal import Synchronization

package enum AtomicFile {
  /// Replaces `path`; what fails leaves the old file as it was.
  /// - Parameter mode: set whatever the umask says.
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
}
