// The health check of `check`: mapping, state, service and each sink, all of them, whatever fails before.

internal import Checkpoint
internal import Collector
internal import Configuration
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
  /// - Parameters:
  ///   - doubts: what was noticed while the settings were read.
  ///   - sendsTest: whether each receiver gets one event that says what it is.
  static func run(
    _ configuration: TenantSettings, doubts: [String], sendsTest: Bool = false, time: TimeSource, log: Log
  ) async -> HealthCheck {
    var healthCheck = HealthCheck()
    for doubt in doubts { healthCheck.warn("settings", doubt) }
    healthCheck.tryMapping(configuration)
    healthCheck.tryState(configuration, log: log)
    await healthCheck.trySource(configuration, time: time, log: log)
    do throws(Failure) {
      let context = try Assembly(configuration, time: time, log: log).sinkContext(deadLetters: nil)
      for spec in configuration.sinks {
        await healthCheck.trySink(spec, context, sendsTest: sendsTest)
        healthCheck.suggestProfile(spec, configuration.mapping.mapping)
      }
    } catch {
      healthCheck.fail("sinks", error)
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
    attempt("state", good: "The state in \(configuration.statePlace.text) can be used.") { () throws(Failure) in
      try configuration.statePlace.check(tenant: configuration.tenant, log: log)
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

  private mutating func trySink(_ spec: SinkSpec, _ context: SinkContext, sendsTest: Bool) async {
    let name = "sink \(spec.name)"
    do throws(Failure) {
      for found in try await spec.check(context) {
        findings.append(
          SourceCheck.Finding(name: name, isGood: true, sentence: found.sentence, isWarning: found.isWarning))
      }
      guard sendsTest, spec.isReceiver else { return }
      try await TestEvent.send(to: spec, context)
      findings.append(SourceCheck.Finding(name: name, isGood: true, sentence: "A test event was acknowledged."))
    } catch {
      guard error.code == .outputLocked else { return fail(name, error) }
      warn(
        name, "\(error.sentence) If that is the collector of these settings, all is well; else use another file.")
    }
  }

  private mutating func suggestProfile(_ spec: SinkSpec, _ mapping: String) {
    guard let best = spec.profiles.first, spec.profiles != ["raw"], Setting.profiles.contains(mapping),
      !spec.profiles.contains(mapping)
    else { return }
    warn("sink \(spec.name)", "Its searches and dashboards expect --profile \(best), not \(mapping).")
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
