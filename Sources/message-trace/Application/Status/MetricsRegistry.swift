// The metrics files of this process, shared by its tenants and with other processes.

internal import Glibc
internal import IntakeCore
internal import Synchronization

/// The files of metrics of this process: tenants that name the same file share it, whichever process they run in.
final class MetricsRegistry: Sendable {
  private let files = Mutex<[String: [String: PassStatus]]>([:])

  init() {}

  /// Writes the file of this tenant whole, with what is known of the others in it: tenants of this process, and those that
  /// other processes have written there. Readable by all: it holds no mail.
  func write(_ status: PassStatus, to path: String) throws(Failure) {
    let result = files.withLock { files -> Result<Void, Failure> in
      files[path, default: [:]]["\(status.tenant) \(status.mode)"] = status
      let statuses = (files[path] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      return Self.withFolderLocked(of: path) {
        let before = (try? FileBytes.read(path, purpose: "metrics", limit: 16 << 20)) ?? []
        let others = MetricsSamples(String(decoding: before, as: UTF8.self), without: Set(statuses.map(\.tenant)))
        let text = Metrics.text(statuses, others: others)
        do throws(Failure) {
          return .success(try AtomicFile.replace(path, with: Array(text.utf8), mode: 0o644))
        } catch {
          return .failure(error)
        }
      }
    }
    try result.get()
  }

  /// Two processes that write the same file take turns. A folder that cannot be locked does not stop the writing.
  private static func withFolderLocked<Value>(of path: String, _ body: () -> Value) -> Value {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    if descriptor >= 0 { _ = flock(descriptor, LOCK_EX) }
    return body()
  }
}

/// Samples of a metrics file that was written before.
struct MetricsSamples {
  /// By metric, in the order of the file.
  private var lines: [String: [String]] = [:]

  init() {}

  /// Keeps the samples of all tenants but these.
  init(_ text: String, without tenants: Set<String>) {
    let own = tenants.map { "{tenant=\"\(Metrics.escape($0))\"," }
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let brace = line.firstIndex(of: "{"), line[brace...].hasPrefix("{tenant=\""), line.contains("} ") else {
        continue
      }
      guard !own.contains(where: { line[brace...].hasPrefix($0) }) else { continue }
      lines[String(line[..<brace]), default: []].append(String(line))
    }
  }

  subscript(_ metric: String) -> [String] { lines[metric] ?? [] }
}
