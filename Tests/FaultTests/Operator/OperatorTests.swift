// Random sequences of operators' actions on the real binary, against the simulator's oracle.
//
//     MESSAGE_TRACE_SEQUENCES=1000 swift test --filter OperatorTests        as many sequences
//     MESSAGE_TRACE_SEQUENCES=500-600 swift test --filter OperatorTests     these seeds

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct OperatorTests {
  @Test("whatever operators change between two runs, every row comes out once")
  func sequences() throws {
    var figure = Figure()
    for seed in Self.seeds {
      var sequence = try OperatorSequence(seed: seed)
      let verdict = try sequence.run()
      figure.add(verdict)
      #expect(verdict.isPerfect, "seed \(seed): \(verdict)\n\(sequence.story.joined(separator: "\n"))")
      if !FaultTable.form.isEmpty || Self.range != nil { print("seed \(seed): \(verdict)") }
    }
    FaultTable.record("random sequences of operators' actions, by seed", figure)
    #expect(figure.isPerfect, "\(figure)")
  }

  private static let range = unsafe getenv("MESSAGE_TRACE_SEQUENCES").map { unsafe String(cString: $0) }

  /// Without the variable a few seeds, for a few seconds.
  private static var seeds: ClosedRange<Int> {
    let bounds = (range ?? "4").split(separator: "-").compactMap { Int($0) }
    let first = bounds.count > 1 ? bounds[0] : 1
    return first...max(first, bounds.last ?? first)
  }
}
