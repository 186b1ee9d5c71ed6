// Which file holds which entry of the journal.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// A file and how much of it an entry takes, from its beginning.
struct JournalPlace: Sendable, Equatable {
  var name: String
  var length: Int

  /// What the beginning of a slot says, whether the rest is there or not; nil where it says nothing.
  static func claim(
    of name: String, in directory: Descriptor, files: FileCalls
  ) throws(FileFault) -> (sequence: UInt64, place: JournalPlace)? {
    let file = try files.open(name, in: directory, O_RDONLY)
    let head = try files.read(file, at: 0, count: JournalCoding.claimLength)
    return JournalCoding.claim(head).map { ($0.sequence, JournalPlace(name: name, length: $0.length)) }
  }

  /// nil if the entry is missing or not as it was written.
  func read(_ sequence: UInt64, in directory: Descriptor, files: FileCalls) throws(FileFault) -> JournalEntry? {
    guard let status = try files.status(name, in: directory), status.size >= length else { return nil }
    let file = try files.open(name, in: directory, O_RDONLY)
    return JournalCoding.decode(try files.read(file, at: 0, count: length), sequence: sequence)
  }
}

/// The places of all entries that some sink may lack, and the slots that hold none: one for all copies of the journal, and
/// for readers on other threads.
final class JournalPlaces: Sendable {
  private struct State {
    var places: [UInt64: JournalPlace] = [:]
    var free: [String] = []
  }

  private let state = Mutex(State())

  var all: [UInt64: JournalPlace] { state.withLock { $0.places } }
  var freeCount: Int { state.withLock { $0.free.count } }

  func set(_ sequence: UInt64, _ place: JournalPlace) { state.withLock { $0.places[sequence] = place } }

  func remove(_ sequence: UInt64) -> JournalPlace? { state.withLock { $0.places.removeValue(forKey: sequence) } }

  /// Adds slots without an entry that is needed.
  func free(_ names: [String]) { state.withLock { $0.free += names } }

  /// The slot that was freed last.
  func takeFree() -> String? { state.withLock { $0.free.popLast() } }
}
