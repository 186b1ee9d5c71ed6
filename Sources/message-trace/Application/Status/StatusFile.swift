// The status of the last pass, as a document of the state.

internal import Checkpoint
internal import IntakeCore

/// `status.json` of a state. It may be read while another process works there.
enum StatusFile {
  static func read(_ documents: any StateDocuments) -> PassStatus? {
    guard let bytes = try? documents.read(DocumentName.status), let value = try? JSONValue(parsing: bytes) else {
      return nil
    }
    return PassStatus(value)
  }

  static func write(_ status: PassStatus, _ documents: any StateDocuments) throws(Failure) {
    try documents.replace(DocumentName.status, with: Array("\(status.json.text)\n".utf8), isDurable: false)
  }

  /// In a state directory.
  static func write(_ status: PassStatus, _ path: String) throws(Failure) {
    try write(status, DirectoryDocuments(path))
  }
}
