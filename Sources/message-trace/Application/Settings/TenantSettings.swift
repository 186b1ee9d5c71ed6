// The typed settings of one tenant, made from stacked layers; all mistakes are reported at once.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import HTTPTransport
internal import IntakeCore
internal import Sinks
internal import Trigger

/// Everything that one tenant's collection needs.
struct TenantSettings: Sendable {
  var mode: Mode = .graph
  var tenant = ""
  var credential: Credential
  var graphURL = Defaults.graphURL
  var graphVersion: GraphVersion = .v1
  var reportingURL = Defaults.reportingURL
  var pageSize = Defaults.graphPageSize
  var http: HTTPSettings
  var schedule: Schedule
  var mapping: MappingSettings
  var details: DetailsSettings
  var sinks: [SinkSpec]
  var statePath: String
  /// The same, opened up: a directory or a database.
  var statePlace: StatePlace
  /// Counts the tenant's requests for all states of this user; nil where nothing can be shared.
  var sharedQuota: String?
  /// Gives up what a sink that is no longer configured has not taken.
  var forgetsSinks = false
  /// Where metrics are written after each pass, nil for nowhere.
  var metricsFile: String?
  /// What works and may still not be meant, one sentence each.
  var warnings: [String] = []

  /// - Parameters:
  ///   - layer: flags over environment over playbook.
  ///   - environment: for secrets by reference and the default places.
  init(_ layer: SettingLayer, environment: [String: String]) throws(Failure) {
    var reader = SettingReader(layer: layer, environment: environment)
    try self.init(&reader)
  }

  /// Every mistake in these settings; secrets are not read.
  static func mistakes(in layer: SettingLayer, environment: [String: String]) -> [String] {
    var reader = SettingReader(layer: layer, environment: environment, loadsSecrets: false)
    _ = try? TenantSettings(&reader)
    return reader.mistakes
  }

  /// Where the state is, whatever else is missing in these settings.
  static func statePath(_ layer: SettingLayer, environment: [String: String]) throws(Failure) -> String {
    var reader = SettingReader(layer: layer, environment: environment, loadsSecrets: false)
    let path = reader.statePath() ?? reader.defaultStatePath()
    guard reader.mistakes.isEmpty else { throw reader.failure }
    return path
  }

  /// Where the state is, whatever else is missing in these settings.
  static func statePlace(_ layer: SettingLayer, environment: [String: String]) throws(Failure) -> StatePlace {
    let path = try statePath(layer, environment: environment)
    let reader = SettingReader(layer: layer, environment: environment, loadsSecrets: false)
    return try StatePlace(path, tenant: reader.tenant(), environment: environment)
  }

  private init(_ reader: inout SettingReader) throws(Failure) {
    mode = reader.choice(.mode, Mode.init(rawValue:), among: Mode.allCases.map(\.rawValue)) ?? .graph
    graphURL = reader.url(.graphURL) ?? Defaults.graphURL
    reportingURL = reader.url(.reportingURL) ?? Defaults.reportingURL
    graphVersion = reader.choice(.graphAPI, GraphVersion.init(rawValue:), among: ["v1.0", "beta", "beta-2021"]) ?? .v1
    let largest = mode == .graph ? Defaults.graphPageSize : Defaults.reportingPageSize
    pageSize = reader.number(.pageSize, 1...largest) ?? largest
    http = HTTPSettings(
      caFile: reader.text(.caFile), proxy: reader.proxy(),
      bodyCap: reader.number(.maximumBody, 65_536...(1 << 32)) ?? Defaults.maximumBody)
    let now = reader.text(.now).flatMap { Timestamp.parse($0) } ?? TimeSource.system.now()
    let first = reader.start(.since, now: now)
    schedule = Schedule(
      every: reader.span(.every, atLeast: .seconds(1)) ?? Defaults.every,
      lag: reader.span(.lag, atLeast: .zero) ?? Defaults.lag,
      revisits: reader.spans(.revisit, atLeast: .seconds(60)) ?? Defaults.revisits,
      since: first.span ?? Defaults.since)
    schedule.start = first.instant
    mapping = MappingSettings(&reader)
    details = DetailsSettings(&reader, mapping: mapping.mapping, shape: Self.rowShape(mode, graphVersion))
    sinks = reader.sinks()
    forgetsSinks = reader.flag(.forgetSink)
    statePath = reader.statePath() ?? reader.defaultStatePath()
    metricsFile = reader.text(.metricsFile)
    tenant = reader.tenant()
    statePlace = reader.statePlace(statePath, tenant: tenant)
    if statePlace.database != nil { for spec in sinks { reader.refuseSinkOfMachine(spec) } }
    sharedQuota = SharedQuota.path(
      in: reader.userStatePath, service: mode == .graph ? graphURL : reportingURL, tenant: tenant)
    let signIn = reader.credential(mode: mode, tenant: tenant)
    guard let signIn, reader.mistakes.isEmpty else { throw reader.failure }
    credential = signIn
    warnings = reader.warnings + sinks.compactMap(profileDoubt)
  }

  /// A receiver that does not recognize what the mapping makes: only rows as they came are parsed by it.
  private func profileDoubt(_ spec: SinkSpec) -> String? {
    guard spec.profiles == ["raw"], !mapping.isRaw else { return nil }
    return "\(spec.name) parses rows as the service gave them; set --profile raw, or its events are not recognized."
  }

  /// What tells this collector from another one at the same destination: the tenant, and the directory or database of its
  /// state. The same on all machines of a fleet, however they spell the database.
  /// - Throws: what the database says.
  func sinkOwner() throws(Failure) -> String {
    guard let database = statePlace.database else { return "\(tenant)\n\(StateLocation.fullPath(statePath))" }
    return sinks.contains(where: \.usesOwner) ? "\(tenant)\n\(try Installation.name(of: database))" : tenant
  }

  /// The mapping that the service's rows have of their own.
  var rowShape: String { Self.rowShape(mode, graphVersion) }

  private static func rowShape(_ mode: Mode, _ version: GraphVersion) -> String {
    mode == .graph && version == .beta2021 ? "graph-2021" : mode.rawValue
  }
}

extension SettingReader {
  /// A database's URI is checked here; its password is read where secrets are.
  mutating func statePlace(_ text: String, tenant: String) -> StatePlace {
    do throws(Failure) {
      let place = try StatePlace(text, tenant: tenant, environment: loadsSecrets ? environment : [:])
      if place.database != nil, tenant.isEmpty {
        note("\(name(.tenant)) must be set: a database holds each tenant's state under its name.")
      }
      return place
    } catch {
      note(error, of: .state)
      return .directory("")
    }
  }

  /// Several machines may collect a tenant whose state is in a database: they must all reach its sinks.
  mutating func refuseSinkOfMachine(_ spec: SinkSpec) {
    guard !spec.isReceiver else { return }
    note(
      Failure(
        "config.sink_of_machine", exit: .configuration,
        "Reading the settings: \(spec.name) belongs to one machine, and a state in a database to all.",
        hint: "Use a network receiver as the sink, or a directory as the state: message-trace help fleet."),
      of: .sink)
  }

  mutating func defaultStatePath() -> String { StateLocation.ofTenant(tenant(), in: commonStatePath()) }

  mutating func sinks() -> [SinkSpec] {
    let texts = list(.sink) ?? ["stdout"]
    var specs: [SinkSpec] = []
    for text in texts {
      do throws(Failure) {
        let spec = try SinkSpec(parsing: sinkWithCredentials(text))
        specs.append(loadsSecrets ? try spec.withSecrets(environment) : spec)
      } catch {
        note(error, of: .sink)
      }
    }
    if Set(specs.map(\.name)).count != specs.count { note("\(name(.sink)) contains a duplicate sink.") }
    return specs
  }
}

extension Playbook {
  /// Finds every mistake of a playbook, those in the values of its settings included. Secrets are not read.
  /// - Returns: notes on places that the starter left to be filled in.
  static func validate(_ path: String, environment: [String: String]) throws(Failure) -> [String] {
    try validate(path) { TenantSettings.mistakes(in: $0, environment: environment) }
  }
}
