// How often each service is tried again, and after how long.

import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Waiting", .serialized)
struct RetryTests {
  @Test("L01 without Retry-After a throttled request waits 60, 180 and 300 s, and is tried five times")
  func throttled() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer("{}", status: 429) }
    defer { stage.server.stop() }
    #expect(try await stage.failure().code.rawValue == "source.throttled")
    #expect(stage.dataRequests == 5)
    let expected: [(Duration, Duration)] = [60, 180, 300, 300].map { (.seconds($0), .seconds($0 * 11 / 10 + 1)) }
    #expect(stage.time.sleeps.count == 4)
    for (slept, (least, most)) in zip(stage.time.sleeps, expected) { #expect(slept >= least && slept <= most) }
  }

  @Test(
    "answers that ask for patience are counted, each try's own, sign-in included",
    arguments: [(429, 6, 5), (503, 6, 5), (500, 6, 0), (404, 2, 0)])
  func throttles(_ status: Int, _ requests: Int, _ throttles: Int) async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer("{}", status: status)
    }
    defer { server.stop() }
    let source = try Sources.graph(server)
    await #expect(throws: Failure.self) { try await source.page(SourceScenario.window, after: nil) }
    #expect(source.requests == requests)
    #expect(source.throttles == throttles)
  }

  @Test("L06 a wait of an hour is left to the caller, with the peer's wish")
  func longWish() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in
      .answer("{}", status: 429, headers: ["Retry-After: 86400"])
    }
    defer { stage.server.stop() }
    #expect(try await stage.failure().recovery == .later(after: .seconds(3_600)))
    #expect(stage.dataRequests == 1)
    #expect(stage.time.sleeps.isEmpty)
  }

  @Test("H24 a 500 that says that it is for ever is not tried again")
  func permanent() async throws {
    let body = try Samples.bytes("graph_error_500_start_over_90_days_innererror.json")
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer(body, status: 500) }
    defer { stage.server.stop() }
    #expect(try await stage.failure().recovery == .never)
    #expect(stage.dataRequests == 1)
  }

  @Test("a time-out of the legacy service is tried twice and then blamed on the window")
  func gatewayTimeout() async throws {
    let stage = try SourceStage(Dialects.reporting) { _, _ in .answer("{}", status: 504) }
    defer { stage.server.stop() }
    #expect(try await stage.failure().recovery == .smallerWindow)
    #expect(stage.dataRequests == 2)
  }

}
