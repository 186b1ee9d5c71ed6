// A secret that cannot be printed, and the places it may come from.

internal import Glibc

/// Bytes that no description, log or error ever shows.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The value itself: pass it to the transport and to nothing else.
  package let revealed: String

  package init(_ value: String) { revealed = value }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where a secret is found: always a reference, never a value in a playbook or an argument.
package enum SecretReference: Sendable, Equatable {
  case environment(String)
  case file(String)

  /// Reads it now. A file must be a regular one that only its owner may read; one trailing newline is cut.
  /// - Parameter purpose: for the error, such as `client secret`.
  package func load(purpose: String, environment: [String: String]) throws(Failure) -> Secret {
    switch self {
    case .environment(let name):
      guard let value = environment[name], !value.isEmpty else {
        throw Failure(
          "secret.missing", exit: .configuration,
          "Reading the \(purpose): the environment variable \(name) is not set.", hint: "Set \(name) and start again.")
      }
      return try Self.checked(value, purpose: purpose)
    case .file(let path):
      let text = String(decoding: try FileBytes.read(path, purpose: purpose, ownerOnly: true), as: UTF8.self)
      return try Self.checked(text, purpose: purpose)
    }
  }

  private static func checked(_ value: String, purpose: String) throws(Failure) -> Secret {
    var scalars = value.unicodeScalars
    if scalars.last == "\n" { scalars.removeLast() }
    if scalars.last == "\r" { scalars.removeLast() }
    let text = String(scalars)
    guard !text.isEmpty else {
      throw Failure("secret.empty", exit: .configuration, "Reading the \(purpose): it is empty.")
    }
    return Secret(text)
  }
}

/// Whole small files, read with the checks that a setting or secret needs.
package enum FileBytes {
  /// At most 16 MiB of a regular file.
  /// - Parameter ownerOnly: refuse a file that group or others may read.
  package static func read(_ path: String, purpose: String, ownerOnly: Bool = false) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let error = errno
      throw Failure(
        error == ENOENT ? "file.missing" : "file.unreadable",
        exit: ownerOnly ? .configuration : .noInput,
        "Reading the \(purpose) from \(path): \(describe(error)).", hint: "Check the path and its permissions.")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(
        "file.not_regular", exit: .configuration, "Reading the \(purpose) from \(path): it is not a regular file.")
    }
    guard !ownerOnly || status.st_mode & 0o077 == 0 else {
      throw Failure(
        "secret.permissions", exit: .configuration,
        "Reading the \(purpose) from \(path): others than its owner may read the file.",
        hint: "Run: chmod 600 \(path)")
    }
    return try readAll(descriptor, path: path, purpose: purpose)
  }

  private static func readAll(_ descriptor: Int32, path: String, purpose: String) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      guard count > 0 || errno == EINTR else {
        throw Failure(
          "file.unreadable", exit: .noInput, "Reading the \(purpose) from \(path): \(describe(errno)).")
      }
      guard count > 0 else { continue }
      bytes.append(contentsOf: buffer[0..<count])
      guard bytes.count <= 16 << 20 else {
        throw Failure("file.too_large", exit: .configuration, "Reading the \(purpose) from \(path): over 16 MiB.")
      }
    }
  }

  /// The system's words for an error number.
  package static func describe(_ error: Int32) -> String {
    guard let text = unsafe strerror(error) else { return "error \(error)" }
    return unsafe String(cString: text)
  }
}
