// Each fault happens, when and where the plan says.

import Glibc
import IntakeCore
import IntakeTesting
import Testing

@testable import Simulator

@Suite("Faults")
struct FaultTests {
  private static let target = "\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=20"

  /// The answers to three requests for the first page, the second of which meets the fault.
  private static func three(_ fault: Fault) throws -> [RawAnswer] {
    let bench = try SimulatorFixture(knobs: .calm) {
      $0.faults = FaultPlan([FaultRule(fault, on: "/v1.0/", .requests(2...2))])
    }
    defer { bench.stop() }
    let token = try bench.token()
    return try (0..<3).map { _ in try bench.graph(target, token: token, [("Accept-Encoding", "gzip")]) }
  }

  /// Asserts that the first and third answers are good and gives the second.
  private static func spoiled(_ fault: Fault) throws -> RawAnswer {
    let answers = try three(fault)
    #expect(answers[0].status == 200 && answers[0].complete)
    #expect(answers[2].body == answers[0].body)
    return answers[1]
  }

  @Test("429 comes with the Retry-After that was asked for")
  func throttled() throws {
    #expect(try Self.spoiled(.throttled(nil)).headers["retry-after"] == nil)
    #expect(try Self.spoiled(.throttled(.seconds(9))).headers["retry-after"] == "9")
    #expect(try Self.spoiled(.throttled(.text("soon"))).headers["retry-after"] == "soon")
    let dated = try Self.spoiled(.throttled(.date(.seconds(60))))
    #expect(dated.status == 429)
    #expect(dated.headers["retry-after"] == "Tue, 03 Mar 2026 00:01:00 GMT")
    #expect(dated.headers["date"] == "Tue, 03 Mar 2026 00:00:00 GMT")
  }

  @Test("other statuses, HTML, redirects and any answer at all replace the page")
  func replacements() throws {
    #expect(try Self.spoiled(.status(503)).status == 503)
    let html = try Self.spoiled(.html)
    #expect(html.status == 200 && html.text.hasPrefix("<!DOCTYPE html>"))
    let redirect = try Self.spoiled(.redirect("http://evil.test/x"))
    #expect(redirect.status == 302 && redirect.headers["location"] == "http://evil.test/x")
    #expect(try Self.spoiled(.answer(206, type: "a/b", body: "c")).text == "c")
    #expect(try Self.spoiled(.raw(Array("HTTP/1.1 299 Odd\r\n\r\n".utf8))).status == 299)
  }

  @Test("a body is cut or reset half way")
  func cut() throws {
    for fault in [Fault.truncated, .reset] {
      let answer = try Self.spoiled(fault)
      #expect(answer.status == 200)
      #expect(!answer.complete)
    }
  }

  @Test("gzip is valid, and broken where that was asked for")
  func gzip() throws {
    let answers = try Self.three(.gzip)
    #expect(answers[1].headers["content-encoding"] == "gzip")
    #expect(answers[1].body == Gzip.wrap(answers[0].body))
    #expect(answers[1].body != (try Self.three(.brokenGzip)[1].body))
    #expect(Gzip.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    let long = [UInt8](repeating: 7, count: 150_000)
    #expect(Gzip.wrap(long).count == 150_000 + 3 * 5 + 18)
    #expect(Gzip.wrap([]) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("the Date header is off or missing")
  func dates() throws {
    #expect(try Self.spoiled(.dateSkew(.seconds(-3_600))).headers["date"] == "Mon, 02 Mar 2026 23:00:00 GMT")
    #expect(try Self.spoiled(.noDate).headers["date"] == nil)
  }

  @Test("latency is real waiting, and stopping ends it")
  func latency() throws {
    let bench = try SimulatorFixture { $0.faults = FaultPlan([FaultRule(.latency(.seconds(3_600)))]) }
    let client = bench.client()
    client.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    while bench.server.requests().isEmpty { sched_yield() }
    bench.stop()
    #expect(bench.server.requests().count == 1)
  }

  /// Rows of a walk with a fault on the second page, and how often each row came.
  private static func walk(_ fault: Fault) throws -> (rows: [JSONValue], complete: Bool, repeated: Int) {
    let bench = try SimulatorFixture(knobs: .calm) {
      $0.faults = FaultPlan([FaultRule(fault, on: "/v1.0/", .requests(2...2))])
    }
    defer { bench.stop() }
    let rows = try bench.walkGraph(target).flatMap(\.self)
    let truth = Set(bench.server.truth(at: bench.clock.now).map(\.folded))
    let unique = Set(rows.map(TrueRow.init(graph:)))
    return (rows, unique == truth, rows.count - unique.count)
  }

  @Test("an empty page has a next link that leads on")
  func emptyPage() throws {
    let walk = try Self.walk(.emptyPage)
    #expect(walk.complete && walk.repeated == 0)
  }

  @Test("a row comes again on the next page")
  func duplicateRow() throws {
    let walk = try Self.walk(.duplicateRow)
    #expect(walk.complete && walk.repeated == 1)
  }

  @Test("a repeated next link gives its page twice")
  func repeatedLink() throws {
    let walk = try Self.walk(.repeatedLink)
    #expect(walk.complete && walk.repeated == 20)
  }

  @Test("unknown statuses and properties, nulls and long fractions stand in the rows")
  func oddRows() throws {
    #expect(try Self.walk(.unknownStatus).rows.count { $0["status"]?.string == "heldForReview" } == 1)
    #expect(try Self.walk(.unknownProperty).rows.count { $0["verdict"]?["level"]?.integer == 3 } == 20)
    #expect(try Self.walk(.nullForEmpty).rows.contains { $0["toIP"] == .null })
    #expect(try Self.walk(.otherTimeSpelling).rows.count { $0["receivedDateTime"]?.string?.count == 28 } == 20)
  }

  @Test("a next link to a foreign host is given on both services")
  func foreignLink() throws {
    let bench = try SimulatorFixture {
      $0.faults = FaultPlan([FaultRule(.foreignLink("http://evil.test"))])
      $0.reportingPageSize = 20
    }
    defer { bench.stop() }
    let graph = try bench.graph(Self.target).json()["@odata.nextLink"]?.string
    #expect(graph?.hasPrefix("http://evil.test/v1.0/") == true)
    let reporting = try bench.reporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).json()[
      "odata.nextLink"]?.string
    #expect(reporting?.hasPrefix("http://evil.test/ecp/") == true)
  }

  @Test("the Reporting Web Service has the same faults in its pages")
  func reportingPages() throws {
    for (fault, repeated) in [(Fault.emptyPage, 0), (.duplicateRow, 1), (.repeatedLink, 20)] {
      let bench = try SimulatorFixture(knobs: .calm) {
        $0.faults = FaultPlan([FaultRule(fault, on: "/ecp/", .requests(2...2))])
        $0.reportingPageSize = 20
      }
      defer { bench.stop() }
      let rows = try bench.walkReporting(SimulatorFixture.reportingWindow, [SimulatorFixture.json]).joined().map(
        TrueRow.init(reporting:))
      #expect(Set(rows) == Set(bench.server.truth(at: bench.clock.now).map(\.folded)))
      #expect(rows.count - Set(rows).count == repeated)
    }
  }

  @Test("an expired link fails for requests that follow one, and for them only", arguments: [400, 404, 410])
  func expiredLink(status: Int) throws {
    let bench = try SimulatorFixture { $0.faults = FaultPlan([FaultRule(.expiredLink(status), .requests(1...1))]) }
    defer { bench.stop() }
    let first = try bench.graph(Self.target)
    let link = try #require(try first.json()["@odata.nextLink"]?.string).dropFirst(bench.server.graphURL.count)
    #expect(try bench.graph(String(link)).status == status)
    #expect(try bench.graph(String(link)).status == 200)
  }

  @Test("a token revoked in a run is refused, the next one works")
  func revoked() throws {
    let bench = try SimulatorFixture {
      $0.faults = FaultPlan([FaultRule(.tokenRevoked, on: "/v1.0", .requests(2...2))])
    }
    defer { bench.stop() }
    let token = try bench.token()
    let statuses = try (0..<3).map { _ in try bench.graph(Self.target, token: token).status }
    #expect(statuses == [200, 401, 401])
    #expect(try bench.graph(Self.target).status == 200)
  }

  /// The inside of stored blocks; nil if the checksum or the length is wrong.
  private static func unwrap(_ bytes: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    var index = 10
    while index + 5 <= bytes.count {
      let last = bytes[index] == 1
      let count = Int(bytes[index + 1]) | Int(bytes[index + 2]) << 8
      guard index + 5 + count <= bytes.count else { return nil }
      output += bytes[(index + 5)..<(index + 5 + count)]
      index += 5 + count
      if last { break }
    }
    let sum = bytes[index...].prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return sum == Gzip.checksum(output) ? output : nil
  }

  @Test("a client that retries gets the whole truth through a rough run", arguments: [1, 2, 3] as [UInt64])
  func rough(seed: UInt64) throws {
    let bench = try SimulatorFixture(messages: 1_000) { $0.faults = .rough(seed: seed) }
    defer { bench.stop() }
    var rows: Set<TrueRow> = []
    var next: String? = "\(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=25"
    var failures = 0
    while let target = next, failures < 200 {
      guard let token = try? bench.token(),
        case let answer = try bench.graph(
          target, token: token, [SimulatorFixture.unknownMembers, ("Accept-Encoding", "gzip")]),
        answer.status == 200, answer.complete,
        let body = answer.headers["content-encoding"] == "gzip" ? Self.unwrap(answer.body) : answer.body
      else {
        failures += 1
        continue
      }
      let page = try JSONValue(parsing: body)
      rows.formUnion((page["value"]?.array ?? []).map(TrueRow.init(graph:)))
      next = page["@odata.nextLink"]?.string.map { String($0.dropFirst(bench.server.graphURL.count)) }
    }
    #expect((1..<200).contains(failures))
    #expect(rows == Set(bench.server.truth(at: bench.clock.now).map(\.folded)))
  }

  @Test("rules count by path and repeat by seed")
  func counting() {
    let plan = FaultPlan(seed: 4, [FaultRule(.html, on: "/A", .every(3)), FaultRule(.reset, .share(0.5))])
    var first = FaultCounter(plan)
    var second = FaultCounter(plan)
    let paths = (0..<100).map { $0 % 2 == 0 ? "/a/x" : "/b" }
    let met = paths.map { first.faults(path: $0, followsLink: false) }
    #expect(met == paths.map { second.faults(path: $0, followsLink: false) })
    #expect(met.count { $0.contains(.html) } == 16)
    #expect((30...70).contains(met.count { $0.contains(.reset) }))
  }
}
