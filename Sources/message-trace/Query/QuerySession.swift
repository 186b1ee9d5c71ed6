// The service that `query` and `details` search, configured by flags, environment and a playbook. The quota is shared
// with the collectors of the tenant.

internal import Checkpoint
internal import Collector
internal import Configuration
internal import Glibc
internal import HTTPTransport
internal import IntakeCore
internal import Normaliser

struct QuerySession: Sendable {
  let configuration: TenantSettings
  let source: any DetailedSearching
  let time: TimeSource

  init(_ context: CommandContext) throws(Failure) {
    var layer = context.invocation.layer.over(SettingLayer(environment: context.environment))
    if let path = context.invocation.options[.playbook] { layer = layer.over(try Playbook.read(path).layer) }
    let places = ["STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"]
    if layer[.state] == nil, places.allSatisfy({ context.environment[$0] == nil }) { layer[.state] = [""] }
    time = try context.time(layer)
    // A search that waits for the quota says so, whether a terminal watches or a file.
    let log = try context.log(layer, time: time, quiet: .info)
    configuration = try context.tenantSettings(layer, log: log)
    source = try Self.source(configuration, time: time, log: log)
  }

  /// The settings that apply to a search, which delivers nothing and moves no cursor.
  static let settings = Setting.allCases.filter {
    ![.sink, .lag, .revisit, .every, .since, .pageSize, .details, .detailsShare, .metricsFile, .forgetSink]
      .contains($0)
  }

  /// A failure in the words of a search, which keeps nothing for the next one.
  static func ended(_ failure: Failure) -> Failure {
    guard failure.code == .stopped else { return failure }
    return Failure(
      .stopped, exit: failure.exit, "Stopped before the search was complete; what was printed is not the whole result.",
      hint: "Run it again, over a shorter span or with --result-size if it took long.")
  }

  /// Maps rows, or delivery events, to the events that a SIEM receives.
  func normaliser(details: Bool) throws(Failure) -> RowNormaliser {
    let mode = configuration.mode.rawValue
    return try configuration.mapping.normaliser(
      shape: details ? "\(mode)-detail" : configuration.rowShape, provider: mode)
  }

  private static func source(
    _ configuration: TenantSettings, time: TimeSource, log: Log
  ) throws(Failure) -> any DetailedSearching {
    var settings = configuration.sourceSettings
    if case .database = configuration.statePlace {
      // A search goes on without a database that cannot be reached.
      if (try? configuration.statePlace.documents.read(DocumentName.quota)) == nil {
        settings.quotaFiles.documents = nil
      }
    } else {
      let isShared = unsafe access(configuration.statePath, W_OK) == 0
      if !isShared || configuration.statePath.isEmpty { settings.quotaFiles.files.removeFirst() }
    }
    settings.quota = configuration.mode.service.searchQuota
    return try AnySource(settings, time: time, log: log).searchable
  }
}
