// A sink that is a folder of batches: what the documentation shows of adding a sink.

import Glibc
import IntakeCore

/// One file for each journal entry, named by its sequence number.
struct FolderSink: Sink {
  let folder: String
  var name: String { "folder:\(folder)" }

  func open(at position: SinkPosition?) async throws(Failure) -> SinkPosition {
    do { _ = try FileCalls.system.makeDirectory(folder) } catch {
      throw error.failure("sink.folder", "Making the folder \(folder)")
    }
    return position ?? SinkPosition(sequence: 0)
  }

  /// Delivering the same entry again writes the same file again: nothing doubles, whatever came between.
  func deliver(_ entry: JournalEntry, from position: SinkPosition) async throws(Failure) -> SinkPosition {
    let files = FileCalls.system
    do {
      let directory = try files.open(folder, 0)
      let file = try files.open("new", in: directory, O_WRONLY | O_CREAT | O_TRUNC)
      try files.write(entry.bytes, to: file, at: 0)
      try files.sync(file)
      try files.close(file)
      try files.rename("new", to: "\(entry.sequence).ndjson", in: directory)
      try files.sync(directory)
    } catch {
      throw error.failure("sink.folder", "Writing a batch into \(folder)")
    }
    return SinkPosition(sequence: entry.sequence)
  }

  func close() async {}
}
