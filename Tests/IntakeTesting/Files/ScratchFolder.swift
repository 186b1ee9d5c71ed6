// The temporary folder of a test.

package import Glibc
internal import IntakeCore

/// An empty directory, mode 0700, removed with all it holds when the last reference goes.
package final class ScratchFolder: Sendable {
  package let path: String

  package init() throws {
    let root = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(root)/message-trace-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw FileFault(.makeDirectory, root, errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    guard let root = try? FileCalls.system.open(path, 0) else { return }
    Self.empty(root)
    unsafe rmdir(path)
  }

  /// A name inside it.
  package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Replaces a file inside it; its path.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws -> String {
    let file = try FileCalls.system.open(self(name), O_WRONLY | O_CREAT | O_TRUNC)
    try FileCalls.system.write(bytes, to: file, at: 0)
    guard unsafe chmod(self(name), mode) == 0 else { throw FileFault(.open, name, errno) }
    return self(name)
  }

  @discardableResult
  package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
    try write(Array(text.utf8), to: name, mode: mode)
  }

  /// Makes a directory inside it; its path.
  @discardableResult
  package func makeFolder(_ name: String) throws -> String {
    guard unsafe mkdir(self(name), 0o700) == 0 else { throw FileFault(.makeDirectory, name, errno) }
    return self(name)
  }

  package func remove(_ name: String) throws {
    guard unsafe unlink(self(name)) == 0 else { throw FileFault(.remove, name, errno) }
  }

  package func rename(_ old: String, to new: String) throws {
    guard unsafe Glibc.rename(self(old), self(new)) == 0 else { throw FileFault(.rename, new, errno) }
  }

  /// Empty if there is no such file.
  package func bytes(_ name: String) throws -> [UInt8] {
    do throws(FileFault) {
      let file = try FileCalls.system.open(self(name), O_RDONLY)
      return try FileCalls.system.read(file, at: 0, count: Int(try FileCalls.system.status(file).size))
    } catch {
      guard error.number == ENOENT else { throw error }
      return []
    }
  }

  package func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// The names in one of its directories, sorted.
  package func names(_ name: String = ".") throws -> [String] {
    try FileCalls.system.names(in: try FileCalls.system.open(self(name), O_RDONLY | O_DIRECTORY)).sorted()
  }

  private static func empty(_ directory: Descriptor) {
    for name in (try? FileCalls.system.names(in: directory)) ?? [] {
      if unsafe unlinkat(directory.raw, name, 0) == 0 { continue }
      if let inner = try? FileCalls.system.open(name, in: directory, O_RDONLY | O_DIRECTORY) { empty(inner) }
      unsafe unlinkat(directory.raw, name, AT_REMOVEDIR)
    }
  }
}
