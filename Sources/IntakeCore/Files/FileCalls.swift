// The handful of file-system calls that state and file sinks stand on. Each is a point at which a test may let the disk
// fail or the process die; production passes no fault and pays one comparison a call.

internal import Glibc

/// What a call on a file met: the call, the file's name (never its content) and the system's error number.
package struct FileFault: Error, Sendable, Equatable {
  package var call: FileCalls.Call
  package var name: String
  package var number: Int32

  package init(_ call: FileCalls.Call, _ name: String, _ number: Int32) {
    self.call = call
    self.name = name
    self.number = number
  }
}

/// File-system calls relative to directory descriptors, with EINTR and short writes taken care of.
///
/// Nothing here retries after an error: a failed write, sync, rename or close is a crash at that point.
package struct FileCalls: Sendable {
  package enum Call: String, Sendable, CaseIterable {
    case open, read, write, sync, syncData, rename, remove, truncate, close, lock, makeDirectory, list
  }

  /// What a test does to a call instead of letting it pass.
  package enum Fault: Sendable, Equatable {
    /// The call fails with this error number and does nothing.
    case error(Int32)
    /// A write leaves half of its bytes behind and then fails with this number; other calls fail as with `error`.
    case half(Int32)
    /// A write takes only half of the bytes, without error; other calls pass.
    case short
  }

  /// Asked before each call with the file's name; nil lets it pass. Never set in production.
  package var fault: (@Sendable (Call, String) -> Fault?)?

  package init(fault: (@Sendable (Call, String) -> Fault?)? = nil) { self.fault = fault }

  /// No faults: the disk as it is.
  package static let system = FileCalls()

  /// `openat(2)`, always with `O_CLOEXEC | O_NOFOLLOW`.
  /// `followLinks` is only for directories that the user names.
  package func open(
    _ name: String, in directory: Descriptor? = nil, _ flags: Int32, mode: UInt32 = 0o600, followLinks: Bool = false
  ) throws(FileFault) -> Descriptor {
    try check(.open, name)
    let all = flags | O_CLOEXEC | (followLinks ? 0 : O_NOFOLLOW)
    while true {
      let raw = unsafe openat(directory?.raw ?? AT_FDCWD, name, all, mode)
      if raw >= 0 { return Descriptor(raw, name: name) }
      guard errno == EINTR else { throw FileFault(.open, name, errno) }
    }
  }

  /// `pwrite(2)` until every byte of the range is taken.
  package func write(_ bytes: [UInt8], _ range: Range<Int>? = nil, to file: Descriptor, at offset: Int64)
    throws(FileFault)
  {
    try write(bytes[(range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)], to: file, at: offset)
  }

  /// The same for a slice, which is not copied.
  package func write(_ bytes: ArraySlice<UInt8>, to file: Descriptor, at offset: Int64) throws(FileFault) {
    var done = bytes.startIndex
    while done < bytes.endIndex {
      var count = bytes.endIndex - done
      let fault = fault?(.write, file.name)
      switch fault {
      case .error(let number):
        if number == EINTR { continue }
        throw FileFault(.write, file.name, number)
      case .half, .short: count = (count + 1) / 2
      case nil: break
      }
      done += try writeOnce(bytes[done..<(done + count)], to: file, at: offset + Int64(done - bytes.startIndex))
      if case .half(let number) = fault { throw FileFault(.write, file.name, number) }
    }
  }

  private func writeOnce(_ bytes: ArraySlice<UInt8>, to file: Descriptor, at offset: Int64) throws(FileFault) -> Int {
    while true {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(file.raw, buffer.baseAddress, buffer.count, Int(offset))
      }
      if count > 0 { return count }
      guard count < 0, errno == EINTR else { throw FileFault(.write, file.name, count < 0 ? errno : EIO) }
    }
  }

  /// Up to `count` bytes from `offset`; fewer only at the end of the file.
  package func read(_ file: Descriptor, at offset: Int64, count: Int) throws(FileFault) -> [UInt8] {
    try check(.read, file.name)
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    var done = 0
    while done < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(file.raw, buffer.baseAddress?.advanced(by: done), buffer.count - done, Int(offset) + done)
      }
      if got == 0 { break }
      guard got > 0 || errno == EINTR else { throw FileFault(.read, file.name, errno) }
      done += max(0, got)
    }
    bytes.removeLast(bytes.count - done)
    return bytes
  }

  /// `fsync(2)`: of a file with its size, or of a directory with its names.
  package func sync(_ file: Descriptor) throws(FileFault) {
    try check(.sync, file.name)
    guard fsync(file.raw) == 0 else { throw FileFault(.sync, file.name, errno) }
  }

  /// `fdatasync(2)`.
  package func syncData(_ file: Descriptor) throws(FileFault) {
    try check(.syncData, file.name)
    guard fdatasync(file.raw) == 0 else { throw FileFault(.syncData, file.name, errno) }
  }

  package func rename(_ old: String, to new: String, in directory: Descriptor, newDirectory: Descriptor? = nil)
    throws(FileFault)
  {
    try check(.rename, new)
    guard unsafe renameat(directory.raw, old, (newDirectory ?? directory).raw, new) == 0 else {
      throw FileFault(.rename, new, errno)
    }
  }

  /// `unlinkat(2)`; a name that is gone already is fine.
  package func remove(_ name: String, in directory: Descriptor) throws(FileFault) {
    try check(.remove, name)
    guard unsafe unlinkat(directory.raw, name, 0) == 0 || errno == ENOENT else {
      throw FileFault(.remove, name, errno)
    }
  }

  package func truncate(_ file: Descriptor, to length: Int64) throws(FileFault) {
    try check(.truncate, file.name)
    guard ftruncate(file.raw, Int(length)) == 0 else { throw FileFault(.truncate, file.name, errno) }
  }

  /// Closes and tells of an error, which counts as a failed write.
  package func close(_ file: Descriptor) throws(FileFault) {
    try check(.close, file.name)
    let number = file.close()
    guard number == 0 else { throw FileFault(.close, file.name, number) }
  }

  /// `flock(2)`, exclusive, without waiting; false if another open file description holds it.
  package func lock(_ file: Descriptor) throws(FileFault) -> Bool {
    try check(.lock, file.name)
    while flock(file.raw, LOCK_EX | LOCK_NB) != 0 {
      if errno == EWOULDBLOCK { return false }
      guard errno == EINTR else { throw FileFault(.lock, file.name, errno) }
    }
    file.markLocked()
    return true
  }

  /// Makes a directory for the owner alone; false if the name exists already.
  package func makeDirectory(_ name: String, in directory: Descriptor? = nil) throws(FileFault) -> Bool {
    try check(.makeDirectory, name)
    guard unsafe mkdirat(directory?.raw ?? AT_FDCWD, name, 0o700) != 0 else { return true }
    guard errno == EEXIST else { throw FileFault(.makeDirectory, name, errno) }
    return false
  }

  /// Throws what the test wants; `short` concerns writes only.
  private func check(_ call: Call, _ name: String) throws(FileFault) {
    guard let fault else { return }
    switch fault(call, name) {
    case .error(let number), .half(let number): throw FileFault(call, name, number)
    case .short, nil: return
    }
  }
}

extension FileCalls {
  /// Of an open file.
  package func status(_ file: Descriptor) throws(FileFault) -> FileStatus {
    var status = stat()
    guard unsafe fstat(file.raw, &status) == 0 else { throw FileFault(.read, file.name, errno) }
    return FileStatus(status)
  }

  /// Of a name, without following a link; nil if there is no such name.
  package func status(_ name: String, in directory: Descriptor) throws(FileFault) -> FileStatus? {
    var status = stat()
    guard unsafe fstatat(directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      guard errno == ENOENT else { throw FileFault(.read, name, errno) }
      return nil
    }
    return FileStatus(status)
  }

  /// The names in a directory, in no order, without `.` and `..`.
  package func names(in directory: Descriptor) throws(FileFault) -> [String] {
    try check(.list, directory.name)
    var raw: Int32
    repeat {
      raw = unsafe openat(directory.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    } while raw < 0 && errno == EINTR
    guard raw >= 0 else { throw FileFault(.list, directory.name, errno) }
    guard let stream = unsafe fdopendir(raw) else {
      let number = errno
      Glibc.close(raw)
      throw FileFault(.list, directory.name, number)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
