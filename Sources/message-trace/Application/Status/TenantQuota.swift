// How much of the tenant's quota is used: read from the count that every process of this tenant keeps on disk.

internal import Configuration
internal import IntakeCore

enum TenantQuota {
  /// What this program allows itself in `span`; Microsoft's limit is 100 a tenant, ten are left to administrators.
  static let limit = 90
  static let span: Duration = .seconds(300)

  /// nil where no request was ever counted.
  static func read(_ statePath: String, now: Instant) -> PassStatus.Quota? {
    stamps(statePath, now: now).map { PassStatus.Quota(used: $0.count, limit: limit) }
  }

  /// How long until at most `allowed` requests stand in the count; zero if that is so now.
  static func wait(_ statePath: String, until allowed: Int, now: Instant) -> Duration {
    let stamps = stamps(statePath, now: now) ?? []
    guard stamps.count > max(0, allowed) else { return .zero }
    return max(.zero, stamps[stamps.count - 1 - max(0, allowed)] + span - now)
  }

  /// Ascending times of the requests in the last `span`.
  private static func stamps(_ statePath: String, now: Instant) -> [Instant]? {
    guard let bytes = try? FileBytes.read("\(statePath)/quota", purpose: "count of requests", limit: 1 << 20) else {
      return nil
    }
    return bytes.split(separator: 0x0A)
      .compactMap { Int64(String(decoding: $0, as: UTF8.self)).map(Instant.init(ticks:)) }
      .map { min($0, now) }.filter { now - $0 < span }.sorted()
  }
}
