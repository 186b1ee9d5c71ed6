// Settings as meant: typed, checked, complete. Made from stacked layers; all mistakes are told at once.

package import Collector
package import HTTPTransport
package import IntakeCore
package import Sinks

/// Which service is read.
package enum Mode: String, CaseIterable, Sendable {
  case graph
  case reporting
}

/// Everything that one tenant's collection needs.
package struct Configuration: Sendable {
  package var mode: Mode = .graph
  package var tenant = ""
  package var credential: Credential
  package var graphURL = Defaults.graphURL
  package var graphVersion: GraphVersion = .v1
  package var reportingURL = Defaults.reportingURL
  package var pageSize = Defaults.graphPageSize
  package var http: HTTPSettings
  package var schedule: Schedule
  package var mapping: NormaliserChoice
  package var details: DetailsChoice
  package var sinks: [SinkSpec]
  package var statePath: String
  /// Gives up what a sink that is no longer configured has not taken.
  package var forgetsSinks = false
  /// Where metrics are written after each pass, nil for nowhere.
  package var metricsFile: String?

  /// - Parameters:
  ///   - layer: flags over environment over playbook.
  ///   - environment: for secrets by reference and the default places.
  package init(_ layer: SettingLayer, environment: [String: String]) throws(Failure) {
    var reader = SettingReader(layer: layer, environment: environment)
    try self.init(&reader)
  }

  /// What cannot work in these settings; secrets are only asked for, not read.
  static func mistakes(in layer: SettingLayer, environment: [String: String]) -> [String] {
    var reader = SettingReader(layer: layer, environment: environment, loadsSecrets: false)
    _ = try? Configuration(&reader)
    return reader.mistakes
  }

  /// Where the state is, whatever else is missing in these settings.
  package static func statePath(_ layer: SettingLayer, environment: [String: String]) throws(Failure) -> String {
    var reader = SettingReader(layer: layer, environment: environment, loadsSecrets: false)
    let path = reader.statePath()
    guard reader.mistakes.isEmpty else { throw reader.failure }
    return path
  }

  private init(_ reader: inout SettingReader) throws(Failure) {
    mode = reader.choice(.mode, Mode.init(rawValue:), among: Mode.allCases.map(\.rawValue)) ?? .graph
    graphURL = reader.url(.graphURL) ?? Defaults.graphURL
    reportingURL = reader.url(.reportingURL) ?? Defaults.reportingURL
    graphVersion = reader.choice(.graphAPI, GraphVersion.init(rawValue:), among: ["v1.0", "beta", "beta-2021"]) ?? .v1
    let largest = mode == .graph ? Defaults.graphPageSize : Defaults.reportingPageSize
    pageSize = reader.number(.pageSize, 1...largest) ?? largest
    http = HTTPSettings(
      caFile: reader.text(.caFile), proxy: reader.text(.proxy),
      bodyCap: reader.number(.maximumBody, 65_536...(1 << 32)) ?? Defaults.maximumBody)
    schedule = Schedule(
      every: reader.span(.every, atLeast: .seconds(1)) ?? Defaults.every,
      lag: reader.span(.lag, atLeast: .zero) ?? Defaults.lag,
      revisits: reader.spans(.revisit, atLeast: .seconds(60)) ?? Defaults.revisits,
      since: reader.span(.since, atLeast: .zero) ?? Defaults.since)
    mapping = NormaliserChoice(&reader)
    details = DetailsChoice(&reader, mapping: mapping.mapping)
    sinks = reader.sinks()
    forgetsSinks = reader.flag(.forgetSink)
    statePath = reader.statePath()
    metricsFile = reader.text(.metricsFile)
    tenant = reader.tenant()
    let signIn = reader.credential(mode: mode, tenant: tenant)
    guard let signIn, reader.mistakes.isEmpty else { throw reader.failure }
    credential = signIn
  }

  /// The mapping that the service's rows have of their own.
  package var rowShape: String {
    mode == .graph && graphVersion == .beta2021 ? "graph-2021" : mode.rawValue
  }
}
