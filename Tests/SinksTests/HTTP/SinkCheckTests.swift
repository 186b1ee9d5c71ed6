// `check`, status and metrics of sinks behind HTTP, as an operator sees them.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("check, status and metrics of HTTP sinks") struct SinkCheckTests {
  private func lines(_ result: ProcessResult) -> [String] { result.lines.filter { $0.contains(" sink ") } }

  @Test("a good service is good in every line, and nothing is written", arguments: ReceivingService.allCases)
  func good(service: ReceivingService) throws {
    let fixture = try HTTPFixture(messages: 1)
    let more = service == .splunk ? ["--profile", "cim"] : service == .sekoia ? ["--profile", "raw"] : []
    let result = try fixture.run(["check"] + more, sink: fixture.sink(service))
    #expect(result.status == 0, "\(result.errors)")
    #expect(!lines(result).isEmpty && lines(result).allSatisfy { $0.hasPrefix("good") }, "\(result.lines)")
    #expect(fixture.server.receipt(service).count == 0)
  }

  @Test("with --send-test one event is written, which says what it is", arguments: ReceivingService.allCases)
  func sendTest(service: ReceivingService) throws {
    let fixture = try HTTPFixture(messages: 1)
    let result = try fixture.run(["check", "--send-test"], sink: fixture.sink(service))
    #expect(
      result.status == 0 && result.lines.contains { $0.contains("test event was acknowledged") }, "\(result.lines)")
    let receipt = fixture.server.receipt(service)
    #expect(receipt.count == 1 && String(decoding: receipt.events, as: UTF8.self).contains("--send-test"))
  }

  @Test(
    "what is missing is named with what to do",
    arguments: [
      (ReceivingService.elastic, "elasticAPIKey", Int32(77), "HTTP 401"),
      (.elastic, "privileges", 77, "create_doc and auto_configure on mail-*"),
      (.elastic, "template", 0, "mapping template elastic"), (.splunk, "splunkToken", 77, "HTTP 403"),
      (.splunk, "acknowledgement", 0, "no indexer acknowledgement"),
      (.sentinel, "role", 77, "Monitoring Metrics Publisher"),
      (.https, "httpsToken", 77, "HTTP 401"),
    ])
  func missing(service: ReceivingService, what: String, status: Int32, words: String) throws {
    let fixture = try HTTPFixture(messages: 1) { settings in
      switch what {
      case "privileges": settings.mayCreateDocuments = false
      case "template": settings.hasIndexTemplate = false
      case "acknowledgement": settings.hasAcknowledgement = false
      case "role": settings.maySendLogs = false
      default: break
      }
    }
    var environment = fixture.environment
    if what.hasSuffix("Key") || what.hasSuffix("Token") {
      for name in environment.keys where name.hasSuffix("_KEY") || name.hasSuffix("_TOKEN") {
        environment[name] = "zebra77"
      }
    }
    let result = try TestProgram(
      [TestProgram.product("message-trace")] + fixture.arguments(["check"], sink: fixture.sink(service)),
      environment: environment
    ).capture()
    let said = String(decoding: result.output, as: UTF8.self)
    #expect(result.status == status && said.contains(words), "\(result.status) \(said)")
    #expect(!said.contains("zebra77"))
  }

  @Test("the profile that fits is suggested, and for sekoia every command says so")
  func profiles() throws {
    let fixture = try HTTPFixture(messages: 1)
    let splunk = try fixture.run(["check", "--profile", "udm-flat"], sink: fixture.sink(.splunk))
    #expect(splunk.status == 0 && splunk.lines.contains { $0.hasPrefix("warn") && $0.contains("--profile cim") })
    let sekoia = try fixture.run(sink: fixture.sink(.sekoia))
    #expect(sekoia.status == 0 && sekoia.errors.contains("--profile raw"))
    let raw = try fixture.run(["collect", "--profile", "raw"], sink: fixture.sink(.sekoia))
    #expect(raw.status == 0 && raw.errors.isEmpty, "\(raw.errors)")
  }

  @Test("rows go to sekoia as the service gave them, each once")
  func raw() throws {
    let fixture = try HTTPFixture()
    let result = try fixture.run(["collect", "--profile", "raw"], sink: fixture.sink(.sekoia))
    #expect(result.status == 0, "\(result.errors)")
    let rows = fixture.server.receipt(.sekoia).events.split(separator: 0x0A).compactMap {
      try? JSONValue(parsing: Array($0))
    }
    let keys = rows.compactMap { row in row["id"]?.string.map { "\($0) \(row["recipientAddress"]?.string ?? "")" } }
    #expect(keys.count == fixture.server.settings.tenant.rowCount && Set(keys).count == keys.count)
  }

  @Test("metrics and status count events, requests, retries and refusals of each sink")
  func metrics() throws {
    let fixture = try HTTPFixture(faults: [
      FaultRule(.items(400, every: 5), on: "/_bulk", .requests(1...1)),
      FaultRule(.status(503), on: "/_bulk", .requests(2...2)),
    ])
    let file = fixture.folder("m.prom")
    #expect(try fixture.run(["collect", "--metrics-file", file], sink: fixture.sink(.elastic)).status == 65)
    let text = try fixture.folder.text("m.prom")
    let sink = fixture.sink(.elastic)
    func value(_ name: String) -> Int? {
      let line = text.split(separator: "\n").first {
        $0.hasPrefix("message_trace_\(name){") && $0.contains("sink=\"\(sink)\"")
      }
      return line?.split(separator: " ").last.flatMap { Int($0) }
    }
    let receipt = fixture.server.receipt(.elastic)
    #expect(value("sink_events_total") == receipt.count && value("sink_rejected_total") == receipt.refused)
    #expect(value("sink_retries_total") == 1 && (value("sink_requests_total") ?? 0) > 2, "\(text)")
    #expect((value("sink_bytes_total") ?? 0) > receipt.events.count)
    #expect(text.contains("message_trace_sink_last_error{") && text.contains("code=\"sink.http.busy\"} 1"))
    let status = try TestProgram(
      [TestProgram.product("message-trace"), "status", "--state", fixture.folder("state")], environment: [:]
    ).capture()
    #expect(status.lines.contains { $0.contains("\(receipt.refused) events refused so far") }, "\(status.lines)")
  }

  @Test(
    "with each fault that simulate offers for receivers, two passes lose nothing",
    arguments: [
      NamedFault.sinkBusy, .sinkHTML, .sinkTooLarge, .sinkPartial, .sinkLostAnswer,
    ])
  func named(fault: NamedFault) throws {
    let fixture = try HTTPFixture { fault.apply(to: &$0) }
    for _ in 0..<2 { _ = try fixture.run(sink: fixture.sink(.elastic)) }
    #expect(fixture.verdict(.elastic).isPerfect, "\(fixture.verdict(.elastic))")
  }
}
