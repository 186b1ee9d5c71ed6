// A tenant whose delivery events are collected in each of the three ways.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

struct DetailsFixture {
  static let modes = ["graph", "reporting", "beta-2021"]
  let server: SimulatorServer
  let settings: SimulatorSettings
  let now: Instant

  init(messages: Int) throws {
    now = TimeSource.system.now()
    let tenant = SimulatedTenant(
      seed: 21, messages: messages, window: Window(start: now - .seconds(5 * 3_600), end: now - .seconds(600)),
      knobs: .calm)
    var settings = SimulatorSettings(tenant: tenant, time: .system)
    settings.quota = .off
    self.settings = settings
    server = try SimulatorServer.start(settings)
  }

  /// Starts `collect --details` for every status.
  func start(_ mode: String, state: String, file: String, _ more: [String] = []) -> TestProcess {
    let service =
      mode == "reporting"
      ? ["--mode", "reporting", "--username", settings.username, "--reporting-url", server.reportingURL]
      : [
        "--mode", "graph", "--graph-api", mode == "graph" ? "v1.0" : mode, "--client-id", settings.clientID,
        "--graph-url", server.graphURL, "--authority", server.authorityURL,
      ]
    let details = "delivered,failed,pending,quarantined,filteredAsSpam,expanded,gettingStatus,recalled"
    return Program.start(
      ["collect", "--state", state, "--sink", "file:\(file)", "--tenant", settings.tenant.name, "--details", details]
        + ["--details-share", "90"] + service + more,
      environment: [
        "MESSAGE_TRACE_CLIENT_SECRET": settings.clientSecret, "MESSAGE_TRACE_PASSWORD": settings.password,
      ])
  }
}

/// The ids in an output file.
struct FileIDs: Equatable {
  var rows: Set<String> = []
  var details: Set<String> = []

  init(_ path: String) throws {
    let text = String(decoding: try FileBytes.read(path, purpose: "output"), as: UTF8.self)
    for line in text.split(separator: "\n").map(String.init) {
      let id = try #require(EventID.of(line), "\(line)")
      #expect((EventID.isDetail(line) ? details.insert(id) : rows.insert(id)).inserted, "twice: \(line)")
    }
  }
}
