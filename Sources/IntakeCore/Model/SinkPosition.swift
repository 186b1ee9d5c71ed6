// The position of a sink.

/// The position of a sink, as stored in the checkpoint.
package struct SinkPosition: Sendable, Equatable {
  /// Sequence number of the last journal entry that the sink has acknowledged.
  package var sequence: UInt64
  /// The file and the offset in it, for sinks that write to a file.
  package var file: FilePosition?
  /// Of a receiver that answers nothing: what is known of it. nil for other sinks, for receivers that end connections by
  /// themselves, and in a state of a version before.
  package var contact: Contact?

  package init(sequence: UInt64, file: FilePosition? = nil) {
    self.sequence = sequence
    self.file = file
  }
}

extension SinkPosition {
  /// Whether a receiver without answers has behaved as one that understands what it gets. The numbers are stored.
  package enum Contact: Int64, Sendable, Equatable {
    /// Nothing was delivered yet: before that it is asked what it speaks.
    case notYet = 0
    /// It has kept a connection open behind a batch until it was ended: if it ends one by itself later, something has changed.
    case steady = 1
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
