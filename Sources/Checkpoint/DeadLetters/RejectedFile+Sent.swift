// Sending refused events again: what a receiver has taken of them is noted batch by batch, and removed from the file once.

internal import Glibc
package import IntakeCore

/// `rejected.sent` beside the file: one line for each batch that was acknowledged, until its events are removed.
///
/// A crash between the acknowledgement and its line repeats one batch. A crash later repeats nothing: what the lines name
/// counts as gone, and `settle` may be called again.
extension RejectedFile {
  static let sentName = "rejected.sent"

  /// Notes that a sink has taken these events of the file; they survive a power cut once it returns.
  package func noteTaken(_ identities: [Identity], by sink: String) throws(Failure) {
    guard !identities.isEmpty else { return }
    let line = JSONValue.object([
      .init("sink", .string(sink)), .init("ids", .array(identities.map { .string($0.hex) })),
    ])
    try append(Array(line.text.utf8) + [.lineFeed], to: Self.sentName)
  }

  /// Removes from the file what was taken, and then the notes. Called by one thread at a time.
  func settleNotes() throws(Failure) {
    guard unsafe access(path(Self.sentName), F_OK) == 0 || errno != ENOENT else { return }
    let taken = try taken()
    if !taken.isEmpty { try rewrite { taken.contains(Key(sink: $0.sink, identity: $0.identity)) } }
    do throws(FileFault) {
      let directory = try files.open(folder, O_RDONLY | O_DIRECTORY, followLinks: true)
      try files.remove(Self.sentName, in: directory)
      try files.sync(directory)
    } catch {
      throw error.failure("state", "Removing \(path(Self.sentName))")
    }
  }

  /// A line that a crash has torn counts as none: its batch was in doubt.
  func taken() throws(Failure) -> Set<Key> {
    var taken: Set<Key> = []
    try eachRawLine(of: Self.sentName) { line in
      guard let value = try? JSONValue(parsing: (0..<line.byteCount).map { line.byte($0) }),
        let sink = value["sink"]?.string
      else { return }
      for text in value["ids"]?.array ?? [] {
        if let identity = text.string.flatMap({ Identity(hex: $0) }) {
          taken.insert(Key(sink: sink, identity: identity))
        }
      }
    }
    return taken
  }
}
