// The real program killed at every file call while it delivers to services behind HTTP.

internal import Checkpoint
internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite struct HTTPKillTests {
  /// What a kill may leave behind it.
  struct Service: Sendable {
    var service: ReceivingService
    var path: String
    /// Events that the batch in doubt may repeat.
    var mostRepeated: Int
    var faults: [FaultRule] = []
  }

  static let services = [
    Service(service: .elastic, path: "/mail", mostRepeated: 0),
    // Some events are refused for good: they have to be in the dead letters, once.
    Service(
      service: .elastic, path: "/mail", mostRepeated: 0, faults: [FaultRule(.refusedEvents("0a"), on: "/_bulk")]),
    Service(service: .splunk, path: "", mostRepeated: FaultFixture.pageSize),
    Service(service: .https, path: "/receive", mostRepeated: FaultFixture.pageSize),
  ]

  @Test(
    "killed before every file call: nothing lost, nothing doubled in elastic, at most the batch in doubt elsewhere",
    arguments: services)
  func everyCall(service: Service) throws {
    var figure = Figure()
    let step = FaultTable.isLong ? 1 : 29
    for point in stride(from: 1, to: 2_000, by: step) {
      let bench = try FaultFixture(faults: FaultPlan(service.faults))
      defer { bench.stop() }
      var world = try FaultWorld(bench)
      let scheme = service.service == .https ? "http" : "\(service.service.rawValue)+http"
      world.sink = "\(scheme)://127.0.0.1:\(bench.server.port)\(service.path)"
      let status = try collect(world, Shim(mode: .killBefore, at: point))
      let again = try collect(world, nil)
      var verdict = bench.truth.judge(bench.server.receipt(service.service).events)
      let what = "\(service.service) at call \(point): \(status), then \(again): \(world.errors()) \(verdict)"
      let kept = try refused(world)
      #expect(kept.count == verdict.lost && Set(kept).count == kept.count, "\(what): \(kept.count) are set aside")
      #expect(service.faults.isEmpty ? kept.isEmpty : !kept.isEmpty, "\(what)")
      #expect(again == 0 || again == (service.faults.isEmpty ? 0 : 65), "\(what)")
      #expect(verdict.doubled <= service.mostRepeated, "\(what)")
      verdict.lost -= kept.count
      figure.add(verdict, exit: status)
      guard status == 137 else { break }
    }
    FaultTable.record("kill -9 before every file call, into \(service.service.rawValue)", figure)
    #expect(figure.cases > (FaultTable.isLong ? 60 : 3) && figure.lost + figure.broken == 0, "\(figure)")
  }

  private func collect(_ world: FaultWorld, _ shim: Shim?) throws -> Int32 {
    var program = world.launch(shim)
    let settings = world.bench.server.settings
    program.environment?["MESSAGE_TRACE_ELASTIC_API_KEY"] = settings.elasticAPIKey
    program.environment?["MESSAGE_TRACE_SPLUNK_TOKEN"] = settings.splunkToken
    program.environment?["MESSAGE_TRACE_HTTPS_TOKEN"] = settings.httpsToken
    return try program.run()
  }

  /// The ids that were set aside.
  private func refused(_ world: FaultWorld) throws -> [Identity] {
    var kept: [Identity] = []
    try RejectedFile(world.folder("state")).eachLine { kept.append($0.letter.identity) }
    return kept
  }
}
