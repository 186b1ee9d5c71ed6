// The documents of a state directory: files of their own.

internal import Glibc
package import IntakeCore

/// One file a document. It may be read while another process works with the state.
package struct DirectoryDocuments: StateDocuments {
  private let folder: String
  private let files: FileCalls

  package init(_ folder: String, files: FileCalls = .system) {
    self.folder = folder
    self.files = files
  }

  private func path(_ name: String) -> String { "\(folder)/\(name)" }

  package func read(_ name: String) throws(Failure) -> [UInt8]? {
    guard unsafe access(path(name), F_OK) == 0 || errno != ENOENT else { return nil }
    return try FileBytes.read(path(name), purpose: name)
  }

  package func replace(_ name: String, with bytes: [UInt8], isDurable: Bool) throws(Failure) {
    guard isDurable else { return try AtomicFile.replace(path(name), with: bytes, mode: 0o600) }
    do throws(FileFault) {
      let directory = try files.open(folder, O_RDONLY | O_DIRECTORY, followLinks: true)
      try AtomicFile.replaceDurably(name, in: directory, with: bytes, files: files)
    } catch {
      throw error.failure("state", "Writing \(path(name))")
    }
  }

  package func remove(_ name: String) throws(Failure) {
    guard unsafe unlink(path(name)) != 0, errno != ENOENT else { return }
    throw FileFault(.remove, name, errno).failure("state", "Removing \(path(name))")
  }

  package func update(_ name: String, _ change: (inout [UInt8]) -> Bool) throws(Failure) {
    do throws(FileFault) {
      let file = try files.open(path(name), O_RDWR | O_CREAT)
      while flock(file.raw, LOCK_EX) != 0 {
        guard errno == EINTR else { throw FileFault(.lock, name, errno) }
      }
      var bytes = try files.read(file, at: 0, count: Int(clamping: min(try files.status(file).size, 16 << 20)))
      guard change(&bytes) else { return }
      try files.write(bytes, to: file, at: 0)
      try files.truncate(file, to: Int64(bytes.count))
    } catch {
      throw error.failure("state", "Writing \(path(name))")
    }
  }
}
