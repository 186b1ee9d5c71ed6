// The mark of a state directory that was moved, or into which a move was not finished.

internal import Glibc
internal import IntakeCore

/// The file `moved` in a state directory: where the state is now; empty while a move into the directory is under way.
struct MovedMarker {
  private static let name = "moved"

  let path: String
  private let files = FileCalls.system

  /// nil where there is none.
  func read() throws(Failure) -> String? {
    guard let bytes = try DirectoryDocuments(path).read(Self.name) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
  }

  func write(_ place: String) throws(Failure) {
    try DirectoryDocuments(path).replace(Self.name, with: Array("\(place)\n".utf8), isDurable: true)
  }

  func remove() throws(Failure) {
    try DirectoryDocuments(path).remove(Self.name)
    do throws(FileFault) {
      try files.sync(try files.open(path, O_RDONLY | O_DIRECTORY, followLinks: true))
    } catch {
      throw error.failure("state", "Removing the mark of \(path)")
    }
  }

  /// - Throws: `state.moved` (78) where the state is elsewhere.
  func check() throws(Failure) {
    guard let place = try read() else { return }
    guard !place.isEmpty else {
      throw Failure(
        "state.moved", exit: .configuration, "Opening the state in \(path): a move into it was not finished.",
        hint: "Run the same message-trace state copy again.")
    }
    let tenant = DatabaseTarget.isOne(place) ? " --tenant TENANT" : ""
    throw Failure(
      "state.moved", exit: .configuration, "Opening the state in \(path): it was moved to \(place).",
      hint: "Use that place as `state`, or move it back: message-trace state copy \(place) \(path)\(tenant)")
  }
}
