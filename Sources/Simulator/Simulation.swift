// State shared by all connections: settings, issued tokens, quota, faults, recorded requests.

internal import IntakeCore
internal import Synchronization

/// The state behind the endpoints.
final class Simulation: Sendable {
  let settings: SimulatorSettings
  let tokens: AccessTokens
  let received: ReceivedEvents
  private let changing: Mutex<Changing>

  private struct Changing {
    var faults: FaultCounter
    var requests: [RecordedRequest] = []
    var tokensIssued = 0
    var tokensRevoked = 0
    var areReplaced = false
    /// Times of the requests that counted, by bucket, oldest first.
    var counted: [String: [Instant]] = [:]
    /// Of Splunk: the next number of each channel, and those not told yet.
    var acknowledgements: [String: (next: Int, open: Set<Int>)] = [:]
  }

  init(_ settings: SimulatorSettings) {
    self.settings = settings
    let tenant = settings.tenant
    tokens = AccessTokens(
      key: Array("simulated key \(tenant.seed)".utf8), tenantID: tenant.tenantID, clientID: settings.clientID)
    received = ReceivedEvents(keepsEvents: settings.keepsEvents)
    changing = Mutex(Changing(faults: FaultCounter(settings.faults)))
  }

  var tenant: SimulatedTenant { settings.tenant }
  var now: Instant { settings.time.now() }

  func faults(path: String, followsLink: Bool) -> [Fault] {
    changing.withLock { $0.faults.faults(path: path, followsLink: followsLink) }
  }

  /// Keeps a request; its status is filled in by `finish`.
  func record(_ request: HTTPRequest) -> Int {
    let time = now
    return changing.withLock { changing in
      let number = changing.requests.count + 1
      changing.requests.append(
        RecordedRequest(
          number: number, method: request.method, path: request.path, query: request.rawQuery,
          headers: request.headers, body: request.bringsEvents ? [] : request.body, time: time, status: 0))
      return number
    }
  }

  func finish(_ number: Int, status: Int) {
    changing.withLock { $0.requests[number - 1].status = status }
  }

  var requests: [RecordedRequest] { changing.withLock { $0.requests } }

  func issueToken(audience: String, roles: [String]) -> String {
    let time = now
    let number = changing.withLock { changing in
      changing.tokensIssued += 1
      return changing.tokensIssued
    }
    let expires = time.ticks / Instant.perSecond + Int64(settings.tokenLifetime)
    return tokens.issue(.init(audience: audience, roles: roles, expires: expires, number: number), at: time)
  }

  func revokeTokens() {
    changing.withLock { $0.tokensRevoked = $0.tokensIssued }
  }

  func replaceCredentials() { changing.withLock { $0.areReplaced = true } }

  /// What a receiver accepts in place of this credential now.
  func current(_ credential: String) -> String {
    changing.withLock { $0.areReplaced } ? SimulatorSettings.replaced(credential) : credential
  }

  /// The claims of a token that is good now.
  func claims(_ token: String) -> AccessTokens.Claims? {
    guard let claims = tokens.read(token), claims.expires > now.ticks / Instant.perSecond else { return nil }
    return changing.withLock { claims.number > $0.tokensRevoked } ? claims : nil
  }

  /// A number to ask for on this channel.
  /// - Parameter isKept: false: it is never confirmed.
  func acknowledgement(_ channel: String, isKept: Bool) -> Int {
    changing.withLock { changing in
      var known = changing.acknowledgements[channel] ?? (0, [])
      defer { changing.acknowledgements[channel] = known }
      if isKept { known.open.insert(known.next) }
      known.next += 1
      return known.next - 1
    }
  }

  /// True for each number that is confirmed; it is told once.
  func confirm(_ numbers: [Int], _ channel: String) -> [Bool] {
    changing.withLock { changing in
      numbers.map { changing.acknowledgements[channel]?.open.remove($0) != nil }
    }
  }

  /// Counts a request to Graph's traces; false if it is over the quota (then it does not count).
  func countAgainstQuota(details: Bool) -> Bool {
    guard settings.quota != .off else { return true }
    let bucket = settings.quota == .separate && details ? "details" : "list"
    let time = now
    return changing.withLock { changing in
      var times = changing.counted[bucket] ?? []
      times.removeAll { $0 <= time - .seconds(300) }
      let allowed = times.count < settings.quotaLimit
      if allowed { times.append(time) }
      changing.counted[bucket] = times
      return allowed
    }
  }
}
