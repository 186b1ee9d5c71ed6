// The metrics files of this process, shared by its tenants.

internal import IntakeCore
internal import Synchronization

/// The files of metrics of this process: tenants that name the same file share it.
final class MetricsRegistry: Sendable {
  private let files = Mutex<[String: [String: PassStatus]]>([:])

  init() {}

  /// Writes the file of this tenant whole, with what is known of the others in it. Readable by all: it holds no mail.
  func write(_ status: PassStatus, to path: String) throws(Failure) {
    let result = files.withLock { files -> Result<Void, Failure> in
      files[path, default: [:]]["\(status.tenant) \(status.mode)"] = status
      let statuses = (files[path] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      do throws(Failure) {
        return .success(try AtomicFile.replace(path, with: Array(Metrics.text(statuses).utf8), mode: 0o644))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
