// A whole pipeline, from source to sink: the example of the article on data flow.

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
    try await pipeline.drain()
    let day = Window(start: Instant(seconds: 1_772_323_200), end: Instant(seconds: 1_772_409_600))
    let tally = try await pipeline.read(day, moving: "live", age: .zero)
    await pipeline.close()
    return (tally, pipeline.state)
  }
}
