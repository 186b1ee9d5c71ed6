// An open file that closes itself, and what the system says of a file.

internal import Glibc
internal import Synchronization

/// One open file description; closed when the last reference goes, at the latest.
package final class Descriptor: Sendable {
  /// For errors: the name it was opened by.
  package let name: String
  private let number: Mutex<Int32>
  private let isLocked = Mutex(false)
  private let owned: Bool

  /// `owned` is false for descriptors that came with the process, such as standard output.
  package init(_ raw: Int32, name: String, owned: Bool = true) {
    self.name = name
    self.owned = owned
    number = Mutex(raw)
  }

  deinit { _ = close() }

  /// The number for system calls; -1 once closed.
  package var raw: Int32 { number.withLock { $0 } }

  /// Says that the file is locked: closing then gives the lock back even where a process being started still holds a
  /// copy of the descriptor for a moment.
  func markLocked() { isLocked.withLock { $0 = true } }

  /// Closes once; the error number of `close(2)`, 0 if it went well or had been closed before.
  package func close() -> Int32 {
    let raw = number.withLock { number in
      defer { number = -1 }
      return number
    }
    guard owned, raw >= 0 else { return 0 }
    if isLocked.withLock({ $0 }) { flock(raw, LOCK_UN) }
    return Glibc.close(raw) == 0 ? 0 : errno
  }
}

/// Of `stat(2)`, what this program asks.
package struct FileStatus: Sendable, Equatable {
  package enum Kind: Sendable { case regular, directory, link, pipe, socket, characterDevice, blockDevice, other }

  package var device: UInt64
  package var inode: UInt64
  package var size: Int64
  /// The lower twelve bits.
  package var permissions: UInt32
  package var owner: UInt32
  /// How many names the file has; 0 once it is deleted.
  package var links: UInt64
  package var kind: Kind

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    permissions = status.st_mode & 0o7777
    owner = status.st_uid
    links = UInt64(status.st_nlink)
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      default: .other
      }
  }

  /// True if both are the same file, whatever their names.
  package func isSame(as position: FilePosition) -> Bool {
    device == position.device && inode == position.inode
  }
}

extension FileFault {
  /// The failure that a person reads: which code and exit an error number means, and what to do about it.
  /// - Parameters:
  ///   - area: first part of the code: `state` or `sink.file`.
  ///   - doing: what was being done, such as `Writing the journal`.
  package func failure(_ area: String, _ doing: String) -> Failure {
    let sentence = "\(doing): \(FileBytes.describe(number)) (\(call.rawValue) of \(name))."
    switch number {
    case ENOSPC, EDQUOT:
      return Failure(
        "\(area).enospc", exit: .ioError, sentence, hint: "Free some space; no data is lost.",
        recovery: .later(after: nil), cause: self)
    case EIO:
      return Failure(
        "io.eio", exit: .ioError, sentence, hint: "Check the kernel log for disk errors.",
        recovery: .later(after: nil), cause: self)
    case EFBIG:
      return Failure(
        "io.efbig", exit: .ioError, sentence, hint: "Raise the limit for file sizes (ulimit -f), or rotate the file.",
        recovery: .later(after: nil), cause: self)
    case EMFILE, ENFILE, ENOMEM, ENOLCK:
      return Failure(
        number == ENOMEM
          ? .init(rawValue: "os.enomem") : number == ENOLCK ? .init(rawValue: "os.enolck") : .noDescriptors,
        exit: .system, sentence,
        hint: "Raise the limit or find the process that exhausted it.", recovery: .later(after: nil),
        cause: self)
    case ELOOP:
      return Failure(
        "\(area).symlink", exit: .cannotCreate, sentence, hint: "Use the real path: symbolic links are not followed.",
        cause: self)
    case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG:
      return Failure(
        "\(area).denied", exit: .cannotCreate, sentence,
        hint: "Check that the directory exists and that this user may write to it.", cause: self)
    default:
      return Failure("\(area).io", exit: .ioError, sentence, recovery: .later(after: nil), cause: self)
    }
  }
}
