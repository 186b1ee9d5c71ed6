// The health check of `check`: mapping, state, service and each sink, all of them, whatever fails before.

internal import Checkpoint
internal import Collector
internal import IntakeCore
internal import Normaliser
internal import Sinks

/// A test of everything that a pass needs. Reads at most one row and delivers nothing.
struct HealthCheck: Sendable {
  /// In the order tried.
  private(set) var findings: [SourceCheck.Finding] = []
  /// What went wrong, for the exit code.
  private(set) var failures: [Failure] = []

  /// Tries it all.
  /// - Parameter doubts: what was noticed while the settings were read.
  static func run(
    _ configuration: TenantSettings, doubts: [String], time: TimeSource, log: Log
  ) async -> HealthCheck {
    var healthCheck = HealthCheck()
    for doubt in doubts { healthCheck.warn("settings", doubt) }
    healthCheck.tryMapping(configuration)
    healthCheck.tryState(configuration, log: log)
    await healthCheck.trySource(configuration, time: time, log: log)
    for spec in configuration.sinks {
      await healthCheck.trySink(spec, owner: configuration.sinkOwner, time: time, log: log)
    }
    return healthCheck
  }

  private mutating func tryMapping(_ configuration: TenantSettings) {
    attempt("mapping", good: "The mapping is good.") { () throws(Failure) in
      _ = try configuration.mapping.normaliser(shape: configuration.rowShape)
    }
    for doubt in (try? configuration.mapping.doubts()) ?? [] { warn("mapping", doubt) }
  }

  private mutating func tryState(_ configuration: TenantSettings, log: Log) {
    attempt("state", good: "The state in \(configuration.statePath) can be used.") { () throws(Failure) in
      try StateDirectory.open(configuration.statePath, tenant: configuration.tenant, log: log).close()
    }
  }

  private mutating func trySource(_ configuration: TenantSettings, time: TimeSource, log: Log) async {
    do throws(Failure) {
      let sourceCheck = try await AnySource(configuration, time: time, log: log).check()
      findings += sourceCheck.findings
      if let failure = sourceCheck.failure { failures.append(failure) }
    } catch {
      fail("sign-in", error)
    }
  }

  private mutating func trySink(_ spec: SinkSpec, owner: String, time: TimeSource, log: Log) async {
    let name = "sink \(spec.name)"
    do throws(Failure) {
      let sink = try spec.makeSink(log: log, time: time, owner: owner)
      _ = try await sink.open(at: nil)
      await sink.close()
      try spec.reach(owner: owner)
      findings.append(SourceCheck.Finding(name: name, isGood: true, sentence: "The sink can be reached."))
    } catch {
      fail(name, error)
    }
  }

  private mutating func attempt(_ name: String, good: String, _ body: () throws(Failure) -> Void) {
    do throws(Failure) {
      try body()
      findings.append(SourceCheck.Finding(name: name, isGood: true, sentence: good))
    } catch {
      fail(name, error)
    }
  }

  private mutating func warn(_ name: String, _ sentence: String) {
    findings.append(SourceCheck.Finding(name: name, isGood: true, sentence: sentence, isWarning: true))
  }

  private mutating func fail(_ name: String, _ failure: Failure) {
    findings.append(SourceCheck.Finding(name: name, isGood: false, sentence: failure.sentence, hint: failure.hint))
    failures.append(failure)
  }
}
