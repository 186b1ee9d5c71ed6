// The metrics files of this process, shared by its tenants and with other processes.

internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// The files of metrics of this process: tenants that name the same file share it, whichever process they run in.
final class MetricsRegistry: Sendable {
  private struct File {
    var statuses: [String: PassStatus] = [:]
    /// Holds something that is not written yet, and a write will come.
    var isScheduled = false
    /// No earlier than that, so that writing takes a twentieth of a core at most.
    var next = ContinuousClock.now
    /// Of a write that no caller has waited for.
    var failure: Failure?
  }

  private let files = Mutex<[String: File]>([:])
  private let writing = Mutex(())
  /// Up to so many tenants in a file it is written after each pass; a larger one is written for several passes together.
  private let mostPrompt: Int
  private static let mostPause: Duration = .seconds(15)

  init(mostPrompt: Int = 50) { self.mostPrompt = mostPrompt }

  /// Writes the file of this tenant whole, with what is known of the others in it: tenants of this process, and those that
  /// other processes have written there. Readable by all: it holds no mail. With many tenants it is written a little later.
  /// - Throws: the failure of this write, or of one before it that was later.
  func write(_ status: PassStatus, to path: String) throws(Failure) {
    let (isLater, failure) = files.withLock { files -> (Bool, Failure?) in
      files[path, default: File()].statuses["\(status.tenant) \(status.mode)"] = status
      guard let file = files[path], file.statuses.count > mostPrompt else { return (false, nil) }
      defer { files[path]?.failure = nil }
      if file.isScheduled { return (true, file.failure) }
      let pause = file.next - ContinuousClock.now
      guard pause > .zero else { return (false, file.failure) }
      files[path]?.isScheduled = true
      schedule(path, in: pause)
      return (true, file.failure)
    }
    if !isLater { try write(path) }
    if let failure { throw failure }
  }

  /// True if something is left for later.
  var hasWaiting: Bool { files.withLock { files in files.contains { $0.value.isScheduled } } }

  /// Writes what is left for later. Call it before the process ends.
  func flush() {
    let paths = files.withLock { files in files.filter(\.value.isScheduled).map(\.key) }
    for path in paths { writeLater(path) }
  }

  private func schedule(_ path: String, in pause: Duration) {
    let milliseconds = Int(clamping: pause.ticks / 10_000 + 1)
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in writeLater(path) }
  }

  private func writeLater(_ path: String) {
    do throws(Failure) { try write(path) } catch { files.withLock { $0[path]?.failure = error } }
  }

  private func write(_ path: String) throws(Failure) {
    let result = writing.withLock { _ -> Result<Void, Failure> in
      let start = ContinuousClock.now
      let statuses = files.withLock { files in
        files[path]?.isScheduled = false
        return (files[path]?.statuses ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      }
      let result = Self.replace(path, statuses)
      let end = ContinuousClock.now
      files.withLock { $0[path]?.next = end + min(Self.mostPause, (end - start) * 20) }
      return result
    }
    try result.get()
  }

  private static func replace(_ path: String, _ statuses: [PassStatus]) -> Result<Void, Failure> {
    withFolderLocked(of: path) {
      let before = (try? FileBytes.read(path, purpose: "metrics", limit: 64 << 20)) ?? []
      let others = MetricsSamples(String(decoding: before, as: UTF8.self), without: Set(statuses.map(\.tenant)))
      let text = Metrics.text(statuses, others: others)
      do throws(Failure) {
        return .success(try AtomicFile.replace(path, with: Array(text.utf8), mode: 0o644))
      } catch {
        return .failure(error)
      }
    }
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
    let own = Set(tenants.map(Metrics.escape))
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      guard let brace = line.firstIndex(of: UInt8(ascii: "{")), let tenant = Self.tenant(line[brace...]),
        !own.contains(tenant)
      else { continue }
      lines[String(Substring(line[..<brace])), default: []].append(String(Substring(line)))
    }
  }

  /// The first label, as escaped, of a whole sample; nil where that is not the tenant.
  private static func tenant(_ labels: Substring.UTF8View) -> String? {
    let start = "{tenant=\"".utf8
    guard labels.starts(with: start), let close = labels.lastIndex(of: UInt8(ascii: "}")),
      labels[close...].dropFirst().first == UInt8(ascii: " ")
    else { return nil }
    let value = labels[..<close].dropFirst(start.count)
    var end = value.startIndex
    while end < value.endIndex, value[end] != UInt8(ascii: "\"") {
      value.formIndex(after: &end)
      if value[value.index(before: end)] == UInt8(ascii: "\\"), end < value.endIndex { value.formIndex(after: &end) }
    }
    return end < value.endIndex ? String(Substring(value[..<end])) : nil
  }

  subscript(_ metric: String) -> [String] { lines[metric] ?? [] }
}
