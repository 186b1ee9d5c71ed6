// A secret that cannot be printed, and the places it may come from.

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

  /// Reads it now. A file must be a private one, see ``SecretFile``; a byte order mark and one trailing newline are cut.
  /// `purpose` is for the error, such as `client secret`.
  package func load(purpose: String, environment: [String: String]) throws(Failure) -> Secret {
    switch self {
    case .environment(let name):
      guard let value = environment[name], !value.isEmpty else {
        throw Failure(
          .secretMissing, exit: .configuration,
          "Reading the \(purpose): the environment variable \(name) is not set.", hint: "Set \(name) and start again.")
      }
      return try Self.checked(value, purpose: purpose)
    case .file(let path):
      let text = String(decoding: try SecretFile.read(path, purpose: purpose), as: UTF8.self)
      return try Self.checked(text, purpose: purpose)
    }
  }

  private static func checked(_ value: String, purpose: String) throws(Failure) -> Secret {
    var scalars = value.unicodeScalars
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    if scalars.last == "\n" { scalars.removeLast() }
    if scalars.last == "\r" { scalars.removeLast() }
    let text = String(scalars)
    guard !text.isEmpty else {
      throw Failure(
        "secret.empty", exit: .configuration, "Reading the \(purpose): it is empty.", hint: "Put the \(purpose) there.")
    }
    return Secret(text)
  }
}
