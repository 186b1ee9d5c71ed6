// `elastic://` against the simulated `_bulk`: everything once, whatever the server answers.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("elastic") struct ElasticTests {
  @Test("every row is created once, in the index of its day, and a second pass adds nothing")
  func collected() throws {
    let fixture = try HTTPFixture()
    for _ in 0..<2 {
      let outcome = try fixture.run(sink: fixture.sink(.elastic))
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let verdict = fixture.verdict(.elastic)
    #expect(verdict.isPerfect && verdict.events >= 100, "\(verdict)")
    let receipt = fixture.server.receipt(.elastic)
    #expect(receipt.conflicts == 0)
    #expect(receipt.places.keys.sorted() == ["mail-2026.09.20", "mail-2026.09.21"])
  }

  @Test(
    "what is not taken is sent again, and nothing doubles",
    arguments: [
      Fault.throttled(.seconds(1)), .status(503), .status(408), .bodyCap(20_000), .items(429, every: 3),
      .items(503, every: 1), .cut(0), .cut(60), .reset, .truncated, .raw(Array("HTTP/1.1 200 OK\r\n".utf8)), .html,
      .gzip, .brokenGzip,
    ])
  func overcome(fault: Fault) throws {
    let when = fault == .bodyCap(20_000) ? FaultRule.When.always : .requests(1...2)
    let fixture = try HTTPFixture(faults: [FaultRule(fault, on: "/_bulk", when)])
    let outcome = try fixture.run(sink: fixture.sink(.elastic))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let verdict = fixture.verdict(.elastic)
    #expect(verdict.isPerfect && verdict.events >= 100, "\(verdict)")
  }

  @Test(
    "what no retry can mend stops the sink with its exit status, and the next pass delivers everything",
    arguments: [
      (Fault.status(401), Int32(77)), (.status(403), 77), (.status(404), 78), (.items(403, every: 5), 77),
      (.items(404, every: 5), 78), (.redirect("https://elsewhere.example/"), 76), (.status(400), 78),
    ])
  func stopped(fault: Fault, status: Int32) throws {
    let fixture = try HTTPFixture(faults: [FaultRule(fault, on: "/_bulk", .requests(1...1))])
    let outcome = try fixture.run(sink: fixture.sink(.elastic))
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(!outcome.errors.contains(fixture.server.settings.elasticAPIKey))
    let again = try fixture.run(sink: fixture.sink(.elastic))
    #expect(again.status == 0, "\(again.errors)")
    #expect(fixture.verdict(.elastic).isPerfect)
  }

  @Test("refused events are set aside, block no other, end the pass with 65, and can be sent again")
  func rejected() throws {
    let fixture = try HTTPFixture(faults: [FaultRule(.items(400, every: 5), on: "/_bulk", .requests(1...2))])
    let outcome = try fixture.run(sink: fixture.sink(.elastic))
    #expect(outcome.status == 65, "\(outcome.errors)")
    #expect(outcome.errors.contains("document_parsing_exception") && !outcome.errors.contains("failed to parse"))
    let count = fixture.server.receipt(.elastic).refused
    #expect(count > 5 && fixture.verdict(.elastic).lost == count, "\(count)")
    let listed = try fixture.run(["state", "rejected"], sink: fixture.sink(.elastic))
    #expect(listed.status == 0 && listed.lines.count == count, "\(listed.errors)")
    #expect(listed.lines.allSatisfy { $0.contains("failed to parse field") })
    let again = try fixture.run(["state", "rejected", "--resend"], sink: fixture.sink(.elastic))
    #expect(again.status == 0, "\(again.errors)")
    #expect(fixture.verdict(.elastic).isPerfect)
    #expect(try fixture.folder.bytes("state/rejected.ndjson").isEmpty)
    #expect(try fixture.run(sink: fixture.sink(.elastic)).status == 0)
  }

  @Test("what is refused again stays, once, and every other event arrives")
  func refusedAgain() throws {
    let fixture = try HTTPFixture(faults: [FaultRule(.refusedEvents("0a"), on: "/_bulk")])
    #expect(try fixture.run(sink: fixture.sink(.elastic)).status == 65)
    let lost = fixture.verdict(.elastic).lost
    #expect(lost > 0)
    for _ in 0..<2 {
      #expect(try fixture.run(["state", "rejected", "--resend"], sink: fixture.sink(.elastic)).status == 65)
    }
    let kept = try fixture.run(["state", "rejected", "--format", "json"], sink: fixture.sink(.elastic))
    let ids = kept.lines.compactMap { (try? JSONValue(parsing: Array($0.utf8)))?["event"]?["event.id"]?.string }
    #expect(ids.count == lost && Set(ids).count == lost)
    #expect(try fixture.run(sink: fixture.sink(.elastic)).status == 0)
  }
}
