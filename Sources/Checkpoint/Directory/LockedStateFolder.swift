// The directory that holds the state: made private, checked, and held by one process at a time.

internal import Glibc
internal import IntakeCore

/// Descriptors of the state directory, its two subdirectories and its lock.
struct LockedStateFolder: Sendable {
  let root: Descriptor
  let journal: Descriptor
  let seen: Descriptor
  private let lock: Descriptor
  let files: FileCalls

  /// Makes what is missing (0700), refuses what others could change, and takes the lock.
  static func open(_ path: String, files: FileCalls) throws(Failure) -> LockedStateFolder {
    let root = try openRoot(path, files: files)
    try check(root, path, files: files)
    let lock = try takeLock(root, path, files: files)
    do throws(FileFault) {
      let madeJournal = try files.makeDirectory("journal", in: root)
      let madeSeen = try files.makeDirectory("seen", in: root)
      let journal = try files.open("journal", in: root, O_RDONLY | O_DIRECTORY)
      let seen = try files.open("seen", in: root, O_RDONLY | O_DIRECTORY)
      if madeJournal || madeSeen { try files.sync(root) }
      return LockedStateFolder(root: root, journal: journal, seen: seen, lock: lock, files: files)
    } catch {
      throw error.failure("state", "Opening the state directory \(path)")
    }
  }

  /// Gives the lock back.
  func close() {
    for descriptor in [lock, journal, seen, root] { _ = descriptor.close() }
  }

  /// Opens the directory for reading only, without lock and without making anything; nil where it is missing.
  static func openForReading(_ path: String, files: FileCalls) throws(Failure) -> Descriptor? {
    do throws(FileFault) {
      return try files.open(path, O_RDONLY | O_DIRECTORY, followLinks: true)
    } catch {
      guard error.number == ENOENT else { throw error.failure("state", "Reading the state directory \(path)") }
      return nil
    }
  }

  private static func openRoot(_ path: String, files: FileCalls) throws(Failure) -> Descriptor {
    do throws(FileFault) {
      try makePath(path, files: files)
      return try files.open(path, O_RDONLY | O_DIRECTORY, followLinks: true)
    } catch {
      throw error.failure("state", "Opening the state directory \(path)")
    }
  }

  /// The directory and those above it, as far as they are missing; the directory above the first new one is synced.
  private static func makePath(_ path: String, files: FileCalls) throws(FileFault) {
    var missing: [String] = []
    var current = path
    while !current.isEmpty, current != "/", unsafe access(current, F_OK) != 0, errno == ENOENT {
      missing.append(current)
      current = parent(of: current)
    }
    for name in missing.reversed() { _ = try files.makeDirectory(name) }
    guard !missing.isEmpty else { return }
    let above = try files.open(current.isEmpty ? "." : current, O_RDONLY | O_DIRECTORY, followLinks: true)
    try files.sync(above)
  }

  private static func parent(of path: String) -> String {
    var bytes = Array(path.utf8)
    while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    while let last = bytes.last, last != UInt8(ascii: "/") { bytes.removeLast() }
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func check(_ root: Descriptor, _ path: String, files: FileCalls) throws(Failure) {
    let status: FileStatus
    do {
      status = try files.status(root)
    } catch {
      throw error.failure("state", "Checking the state directory \(path)")
    }
    guard status.owner == geteuid() else {
      throw Failure(
        .statePermissions, exit: .denied, "Opening the state directory \(path): it belongs to another user.",
        hint: "Run as its owner, as the systemd unit of the collector does, or use another directory with --state.")
    }
    guard status.permissions & 0o022 == 0 else {
      throw Failure(
        .statePermissions, exit: .configuration,
        "Opening the state directory \(path): it is writable by group or others.",
        hint: "Run: chmod 700 \(path)")
    }
  }

  /// The step lock. The content is for people only; the kernel releases the lock when the holder ends, however it ends.
  private static func takeLock(_ root: Descriptor, _ path: String, files: FileCalls) throws(Failure) -> Descriptor {
    do throws(FileFault) {
      let lock = try files.open("lock", in: root, O_RDWR | O_CREAT)
      guard try files.lock(lock) else {
        let holder = try files.read(lock, at: 0, count: 20)
        throw FileFault(
          .lock, String(decoding: holder.prefix { (0x30...0x39).contains($0) }, as: UTF8.self), EWOULDBLOCK)
      }
      try files.truncate(lock, to: 0)
      try files.write(Array("\(getpid())\n".utf8), to: lock, at: 0)
      return lock
    } catch {
      guard error.call == .lock, error.number == EWOULDBLOCK else {
        throw error.failure("state", "Locking the state directory \(path)")
      }
      let holder = error.name.isEmpty ? "another process" : "process \(error.name)"
      throw Failure(
        .stateLocked, exit: .tryLater, "Opening the state directory \(path): it is in use by \(holder).",
        hint: "Wait for it, or stop it; a state directory can be used by one process at a time.",
        recovery: .later(after: nil))
    }
  }
}
