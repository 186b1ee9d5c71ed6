// The program's own parts, assembled as `collect` assembles them, inside the test: with a clock that is moved by hand
// and waits that take no time.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Synchronization
internal import Trigger

@testable internal import message_trace

/// Passes over one state and one file against any number of simulators of the same tenant.
struct InProcessCollector: Sendable {
  let folder: ScratchFolder
  /// What the program believes.
  let time: TimeSource
  var extra: [String: String] = [:]

  init(time: TimeSource) throws {
    folder = try ScratchFolder()
    self.time = time
  }

  /// The newest checkpoint, nil before the first.
  var checkpoint: Checkpoint? { (try? StateDirectory.summary(folder("state")))??.checkpoint }

  func bytes() throws -> [UInt8] { try folder.bytes("out.ndjson") }

  /// Opens everything anew, runs one pass, closes everything, as `collect` does.
  /// - Parameter asked: hears of every window that is read.
  func pass(
    _ server: SimulatorServer, mode: String, asked: @escaping @Sendable (Window) -> Void = { _ in }
  ) async throws(Failure) -> PassOutcome {
    let environment = environment(server, mode: mode)
    let configuration = try TenantSettings(SettingLayer(environment: environment), environment: environment)
    let parts = try Assembly(configuration, time: time, log: .silent).pipeline()
    var pipeline = Pipeline(
      source: Listening(base: parts.source, asked: asked), mapping: parts.mapping, sinks: parts.sinks,
      state: parts.state, time: time)
    defer { pipeline.state.close() }
    do {
      try await pipeline.open()
    } catch {
      await pipeline.close()
      throw error
    }
    let report = await Pass(schedule: configuration.schedule, time: time, log: .silent).run(&pipeline)
    await pipeline.close()
    return report
  }

  private func environment(_ server: SimulatorServer, mode: String) -> [String: String] {
    let settings = server.settings
    var environment = [
      "MESSAGE_TRACE_MODE": mode, "MESSAGE_TRACE_TENANT": settings.tenant.name,
      "MESSAGE_TRACE_STATE": folder("state"), "MESSAGE_TRACE_SINK": "file:\(folder("out.ndjson"))",
    ]
    if mode == "graph" {
      environment["MESSAGE_TRACE_PAGE_SIZE"] = "40"
      environment["MESSAGE_TRACE_CLIENT_ID"] = settings.clientID
      environment["MESSAGE_TRACE_CLIENT_SECRET"] = settings.clientSecret
      environment["MESSAGE_TRACE_GRAPH_URL"] = server.graphURL
      environment["MESSAGE_TRACE_AUTHORITY"] = server.authorityURL
    } else {
      environment["MESSAGE_TRACE_USERNAME"] = settings.username
      environment["MESSAGE_TRACE_PASSWORD"] = settings.password
      environment["MESSAGE_TRACE_REPORTING_URL"] = server.reportingURL
    }
    return environment.merging(extra) { $1 }
  }
}

/// A source that records which windows are requested, once each.
struct Listening<Base: Source>: Source {
  let base: Base
  let asked: @Sendable (Window) -> Void

  var provider: String { base.provider }
  var widestWindow: Duration { base.widestWindow }
  var retention: Duration { base.retention }

  func page(_ window: Window, after cursor: PageCursor?) async throws(Failure) -> Page {
    if cursor == nil { asked(window) }
    return try await base.page(window, after: cursor)
  }
}

/// Every row of a tenant with the identities that its statuses give.
struct TenantIdentities: Sendable {
  struct Row: Sendable {
    var received: Instant
    var changes: [(at: Instant, identity: String)]
  }

  let rows: [Row]

  init(_ tenant: SimulatedTenant) {
    rows = (0..<tenant.messages).flatMap { number in
      tenant.rows(of: number).map { row in
        Row(
          received: row.message.received,
          changes: row.timeline.map { change in
            let text = [tenant.name, row.message.traceID, row.recipient].map { $0.lowercased() }
            let digest = SHA256.digest(Array((text + [change.status.rawValue]).joined(separator: "\n").utf8))
            return (change.at, digest.prefix(16).map { Self.hex($0) }.joined())
          })
      }
    }
  }

  /// What a read of this window shows at `instant`.
  func visible(in window: Window, at instant: Instant) -> [String] {
    rows.filter { $0.received >= window.start && $0.received < window.end }
      .compactMap { row in row.changes.last { $0.at <= instant }?.identity }
  }

  /// The `event.id` of every line.
  static func ids(_ ndjson: [UInt8]) -> [String] {
    ndjson.split(separator: 0x0A).compactMap { line in (try? JSONValue(parsing: Array(line)))?["event.id"]?.string }
  }

  private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
