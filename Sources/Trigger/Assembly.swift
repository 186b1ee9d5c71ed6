// From configuration to a pipeline that can run: the only place that knows every part.

package import Checkpoint
internal import Collector
package import IntakeCore
internal import Mappings
package import Normaliser
internal import Sinks

package typealias TenantPipeline = Pipeline<ChosenSource, Normaliser, StateDirectory>

extension Pipeline where State == StateDirectory {
  /// Lets go of sinks and state, the lock with it. The value must not be used any more.
  package func shutDown() async {
    await close()
    state.close()
  }
}

/// Puts one tenant's parts together.
package struct Assembly: Sendable {
  package let configuration: Configuration
  package let time: TimeSource
  package let log: Log

  package init(_ configuration: Configuration, time: TimeSource, log: Log) {
    self.configuration = configuration
    self.time = time
    self.log = log
  }

  /// Everything is checked here, before the first request: mapping, sinks, state.
  package func pipeline() throws(Failure) -> TenantPipeline {
    let normaliser = try configuration.mapping.normaliser(
      shape: configuration.rowShape, provider: configuration.mode.rawValue)
    var sinks: [any Sink] = []
    for spec in configuration.sinks { sinks.append(try spec.makeSink(log: log, time: time)) }
    let state = try StateDirectory.open(configuration.statePath, source: configuration.tenant, log: log)
    let source: ChosenSource
    do {
      source = try ChosenSource(configuration, time: time, log: log)
      if let sink = try detailsSink(state.checkpoint) { sinks.append(sink) }
    } catch {
      state.close()
      throw error
    }
    return Pipeline(source: source, mapping: normaliser, sinks: sinks, state: state, time: time)
  }

  /// Once there, it stays: a sink that the checkpoint knows and nobody serves would hold the journal for ever.
  private func detailsSink(_ checkpoint: Checkpoint) throws(Failure) -> DetailsSink? {
    guard !configuration.details.statuses.isEmpty || checkpoint.sinks[DetailsSink.name] != nil else { return nil }
    return DetailsSink(
      try DetailsQueue(configuration.statePath), statuses: configuration.details.statuses, time: time, log: log)
  }
}
