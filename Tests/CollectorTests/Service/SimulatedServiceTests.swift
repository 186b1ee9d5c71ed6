// Both sources against the simulator, which knows the truth: every way to sign in, small pages, rough runs.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Simulator
import Testing

@testable import Collector

@Suite("Against the simulator", .serialized)
struct SimulatedServiceTests {
  static let window = Window(start: Instant(seconds: 1_772_409_600), end: Instant(seconds: 1_772_416_800))

  struct Way: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var source: @Sendable (SimulatorServer, TimeSource) throws -> any Source
  }

  static let ways: [Way] = [
    Way(testDescription: "Graph with a secret") { try graph($0, $1, pageSize: 37) },
    Way(testDescription: "Graph beta") { try graph($0, $1, version: .beta, pageSize: 5_000) },
    Way(testDescription: "the legacy service with an account") { try reporting($0, $1, pageSize: 2_000) },
    Way(testDescription: "the legacy service, paged by position") { try reporting($0, $1, pageSize: 41) },
    Way(testDescription: "the legacy service with an app") { server, time in
      try ReportingSource(
        endpoint: server.reportingURL, credential: secret(server), time: time, log: .silent,
        quota: QuotaLimit(requests: 10_000))
    },
  ]

  @Test("every row is read, whatever the way", arguments: ways)
  func truth(_ way: Way) async throws {
    let (server, time) = try Self.start()
    defer { server.stop() }
    #expect(try await Self.readAll(way.source(server, time.source)) == Self.truth(server, time))
  }

  @Test("a rough run loses nothing", arguments: ways, [1, 2, 3] as [UInt64])
  func rough(_ way: Way, _ seed: UInt64) async throws {
    let (server, time) = try Self.start { $0.faults = .rough(seed: seed) }
    defer { server.stop() }
    #expect(try await Self.readAll(way.source(server, time.source)) == Self.truth(server, time))
  }

  @Test(
    "recipients that queries by time leave out are found by the message's id, whatever the page size",
    arguments: [333, 5_000])
  func cutRecipients(_ pageSize: Int) async throws {
    let time = ManualClock(Self.window.end + .seconds(86_400))
    var knobs = TenantKnobs.calm
    (knobs.crowdEvery, knobs.crowdSize) = (6, 3_000)
    let tenant = SimulatedTenant(seed: 3, messages: 12, window: Self.window, knobs: knobs)
    var settings = SimulatorSettings(tenant: tenant, time: time.source)
    settings.quota = .off
    settings.faults = FaultPlan([FaultRule(.cutRecipients(1_000))])
    let server = try SimulatorServer.start(settings)
    defer { server.stop() }
    let truth = Self.truth(server, time)
    #expect(truth.count > 6_000)
    #expect(try await Self.readAll(Self.graph(server, time.source, pageSize: pageSize)) == truth)
  }

  @Test("a search takes a full page without a next link for a part, unless it wants no more rows")
  func missingLinks() async throws {
    let (server, time) = try Self.start { $0.faults = FaultPlan([FaultRule(.noLink)]) }
    defer { server.stop() }
    let source = try Self.graph(server, time.source, pageSize: 37)
    var search = QuerySearch(source: source, filter: QueryFilter([:]), start: Self.window.start, end: Self.window.end)
    let found = try await search.run().rows.map { "\($0.traceID) \($0.recipient)".lowercased() }
    #expect(Set(found) == Self.truth(server, time) && Set(found).count == found.count)
    let asked = server.requests().count
    search = QuerySearch(source: source, filter: search.filter, start: search.start, end: search.end, most: 30)
    #expect(try await search.run().rows.count == 30 && server.requests().count == asked + 1)
  }

  @Test("the draft's messages come with all recipients; their delivery events come with details, not twice")
  func draft() async throws {
    let (server, time) = try Self.start()
    defer { server.stop() }
    let source = try Self.graph(server, time.source, version: .beta2021, pageSize: 37)
    var rows: Set<String> = []
    var cursor: PageCursor?
    repeat {
      let page = try await source.page(Self.window, after: cursor)
      for row in page.rows {
        let message = try JSONValue(parsing: Array(page.bytes[row]))
        for recipient in message["recipients"]?.array ?? [] {
          rows.insert("\(message["id"]?.string ?? "") \(recipient["recipientEmail"]?.string ?? "")".lowercased())
          #expect(recipient["events"] == nil)
        }
      }
      cursor = page.next
    } while cursor != nil
    #expect(rows == Self.truth(server, time))
    let words = try #require(rows.first).split(separator: " ").map(String.init)
    #expect(try await !source.details(DetailsKey(traceID: words[0], recipient: words[1])).isEmpty)
  }

  @Test(
    "an app signs in with the certificate that is registered, as openssl verifies it, and with no other",
    .enabled(if: InstalledProgram.isWanted("openssl"), "openssl is not installed"))
  func certificate() async throws {
    let folder = try ScratchFolder()
    let certificates = Certificates(folder)
    try certificates.selfSigned("registered", subject: "/CN=app")
    try certificates.selfSigned("other", subject: "/CN=app")
    let (server, time) = try Self.start {
      $0.assertionAccepted = { (try? certificates.verify($0, certificate: "registered")) == true }
    }
    defer { server.stop() }
    func source(_ name: String) throws -> GraphSource {
      try GraphSource(
        root: server.graphURL,
        credential: .certificate(
          tenant: server.settings.tenant.name, clientID: server.settings.clientID,
          certificateFile: folder("\(name).pem"), privateKeyFile: folder("\(name).key"),
          authority: server.authorityURL),
        time: time.source, log: .silent)
    }
    #expect(try await Self.readAll(source("registered")) == Self.truth(server, time))
    await #expect { try await source("other").page(Self.window, after: nil) } throws: { error in
      (error as? Failure)?.code.rawValue == "signin.aadsts700027"
    }
  }

  @Test("the quota of the service is never met, with two sources on one file")
  func quota() async throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let (server, time) = try Self.start { $0.quota = .shared }
    defer { server.stop() }
    let sources = try (0..<2).map { _ in
      try GraphSource(
        root: server.graphURL, credential: Self.secret(server), pageSize: 3, time: time.source, log: .silent,
        quotaFiles: [folder("quota")])
    }
    for source in sources { #expect(try await Self.readAll(source) == Self.truth(server, time)) }
    #expect(server.requests().allSatisfy { $0.status == 200 })
    #expect(server.requests().count > 200)
    #expect(!time.sleeps.isEmpty)
  }

  private static func start(
    _ change: (inout SimulatorSettings) -> Void = { _ in }
  ) throws -> (SimulatorServer, ManualClock) {
    let time = ManualClock(window.end + .seconds(86_400))
    let tenant = SimulatedTenant(seed: 7, messages: 300, window: window, knobs: TenantKnobs())
    var settings = SimulatorSettings(tenant: tenant, time: time.source)
    settings.quota = .off
    change(&settings)
    return (try SimulatorServer.start(settings), time)
  }

  private static func secret(_ server: SimulatorServer) -> Credential {
    .clientSecret(
      tenant: server.settings.tenant.name, clientID: server.settings.clientID,
      secret: Secret(server.settings.clientSecret), authority: server.authorityURL)
  }

  private static func graph(
    _ server: SimulatorServer, _ time: TimeSource, version: GraphVersion = .v1, pageSize: Int
  ) throws -> GraphSource {
    try GraphSource(
      root: server.graphURL, version: version, credential: secret(server), pageSize: pageSize, time: time, log: .silent,
      quota: QuotaLimit(requests: 10_000))
  }

  private static func reporting(
    _ server: SimulatorServer, _ time: TimeSource, pageSize: Int
  ) throws -> ReportingSource {
    try ReportingSource(
      endpoint: server.reportingURL,
      credential: .basic(username: server.settings.username, password: Secret(server.settings.password)),
      pageSize: pageSize, time: time, log: .silent, quota: QuotaLimit(requests: 10_000))
  }

  /// All rows of the window as a pipeline reads them: again from the first page where a link died.
  private static func readAll(_ source: any Source) async throws -> Set<String> {
    for _ in 0..<20 {
      do { return try await readOnce(source) } catch let failure as Failure where failure.recovery == .restartWindow {}
    }
    return []
  }

  private static func readOnce(_ source: any Source) async throws -> Set<String> {
    var rows: Set<String> = []
    var cursor: PageCursor?
    repeat {
      let page = try await source.page(window, after: cursor)
      for row in page.rows {
        let value = try JSONValue(parsing: Array(page.bytes[row]))
        let id = value["id"] ?? value["MessageTraceId"]
        let recipient = value["recipientAddress"] ?? value["RecipientAddress"]
        rows.insert("\(id?.string ?? "") \(recipient?.string ?? "")".lowercased())
      }
      cursor = page.next
    } while cursor != nil
    return rows
  }

  private static func truth(_ server: SimulatorServer, _ time: ManualClock) -> Set<String> {
    Set(server.truth(at: time.now).map { "\($0.traceID) \($0.recipient)".lowercased() })
  }
}
