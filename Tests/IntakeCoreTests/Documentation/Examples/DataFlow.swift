// The data's one way, end to end: what the documentation shows of how the parts are put together.

import IntakeCore

enum DataFlow {
  /// Reads one day from a folder of answers into a folder of batches.
  static func collect<State: StateStore>(
    from input: String, into output: String, state: State
  ) async throws(Failure) -> (tally: Tally, state: State) {
    var pipeline = Pipeline(
      source: FolderSource(folder: input), mapping: BriefMapping(), sinks: [FolderSink(folder: output)],
      state: state, time: .system)
    try await pipeline.open()
    let day = Window(start: Instant(seconds: 1_772_323_200), end: Instant(seconds: 1_772_409_600))
    let tally = try await pipeline.read(day, moving: "live", age: .zero)
    await pipeline.close()
    return (tally, pipeline.state)
  }
}
