// The position of a sink.

/// The position of a sink, as stored in the checkpoint.
package struct SinkPosition: Sendable, Equatable {
  /// Sequence number of the last journal entry that the sink has acknowledged.
  package var sequence: UInt64
  /// The file and the offset in it, for sinks that write to a file.
  package var file: FilePosition?

  package init(sequence: UInt64, file: FilePosition? = nil) {
    self.sequence = sequence
    self.file = file
  }
}

/// A place in a particular file; device and inode identify the file, whatever its name.
package struct FilePosition: Sendable, Equatable {
  package var device: UInt64
  package var inode: UInt64
  package var offset: Int64
  /// Of the last bytes before `offset`, the first half of their hash: it identifies a file that was truncated and has
  /// grown past the offset again. 0 if it was not computed.
  package var tail: UInt64

  package init(device: UInt64, inode: UInt64, offset: Int64, tail: UInt64 = 0) {
    self.device = device
    self.inode = inode
    self.offset = offset
    self.tail = tail
  }
}
