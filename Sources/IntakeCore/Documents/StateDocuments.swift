// The small documents of a tenant's state, beside its checkpoint: whoever owns one does not know where it is kept.

/// Documents by name: files of the state directory, or rows of a database. Called from any thread; calls may block.
package protocol StateDocuments: Sendable {
  /// nil where there is none.
  func read(_ name: String) throws(Failure) -> [UInt8]?

  /// Replaces a document whole: readers see the old content or the new.
  /// - Parameters:
  ///   - name: a plain file name.
  ///   - bytes: the new content.
  ///   - isDurable: it has to survive a power cut once this returns.
  func replace(_ name: String, with bytes: [UInt8], isDurable: Bool) throws(Failure)

  func remove(_ name: String) throws(Failure)

  /// Changes a document in one step: no other process changes it meanwhile.
  /// - Parameters:
  ///   - name: a plain file name.
  ///   - change: gets the content, empty where there is none; false leaves it as it is. It is called again where another
  ///     process has been faster.
  func update(_ name: String, _ change: (inout [UInt8]) -> Bool) throws(Failure)
}

/// Names of documents that several targets know.
package enum DocumentName {
  package static let quota = "quota"
  package static let detailsQuota = "details-quota"
  package static let detailsQueue = "details-queue"
  package static let status = "status.json"
  package static let backfill = "backfill.json"

  /// Everything that moves with a state.
  package static let all = [quota, detailsQuota, detailsQueue, status, backfill]
}
