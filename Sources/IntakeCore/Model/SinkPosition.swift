// How far a sink has got.

/// How far a sink has got, as the checkpoint keeps it.
package struct SinkPosition: Sendable, Equatable {
  /// Sequence number of the last journal entry that the sink has taken charge of.
  package var sequence: UInt64
  /// Which file and how far in it, for sinks that write to one.
  package var file: FilePosition?

  package init(sequence: UInt64, file: FilePosition? = nil) {
    self.sequence = sequence
    self.file = file
  }
}

/// A place in a particular file: the device and inode tell whether a name still means the same file.
package struct FilePosition: Sendable, Equatable {
  package var device: UInt64
  package var inode: UInt64
  package var offset: Int64
  /// Of the last bytes before `offset`, the first half of their hash: a file that was truncated and has grown past the
  /// offset again is told by it. 0 where it was not taken.
  package var tail: UInt64

  package init(device: UInt64, inode: UInt64, offset: Int64, tail: UInt64 = 0) {
    self.device = device
    self.inode = inode
    self.offset = offset
    self.tail = tail
  }
}
