// Searches and details: each value in its place, quoted so that it cannot leave it.

import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Searches and details", .serialized)
struct TraceFilterTests {
  private static let id = "4d68a1db-9375-4ae8-1f6f-08dad1cb7978"

  private static func decoded(_ server: ScriptedServer) throws -> String {
    let target = try #require(server.requests.last?.target)
    return String(decoding: try #require(PercentEncoding.decode(target)), as: UTF8.self)
  }

  @Test("Graph: every condition stands before the window, apostrophes are doubled")
  func graph() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(#"{"value":[]}"#)
    }
    defer { server.stop() }
    let filter = TraceFilter(
      sender: "o'connor@x.test", recipient: "r@x.test", status: "Delivered", messageID: "<a&b@x>", traceID: Self.id,
      subject: "50% off' or 1 eq 1", fromIP: "::1", toIP: "1.2.3.4")
    _ = try await (Sources.graph(server)).search(filter, in: SourceScenario.window)
    #expect(
      try Self.decoded(server).hasPrefix(
        "/v1.0/admin/exchange/tracing/messageTraces?$filter=id eq '\(Self.id)' and messageId eq '<a&b@x>' and "
          + "senderAddress eq 'o''connor@x.test' and recipientAddress eq 'r@x.test' and status eq 'delivered' and "
          + "fromIP eq '::1' and toIP eq '1.2.3.4' and contains(subject,'50% off'' or 1 eq 1') and receivedDateTime ge")
    )
    #expect(server.requests.last?.target.contains("a%26b") == true)
  }

  @Test("the legacy service: conditions follow the window, a subject is refused")
  func reporting() async throws {
    let server = try ScriptedServer { _, _ in .answer(#"{"d":[]}"#) }
    defer { server.stop() }
    let source = try Sources.reporting(server)
    let filter = TraceFilter(recipient: "o'x@x.test", status: "failed", traceID: Self.id)
    _ = try await source.search(filter, in: SourceScenario.window)
    #expect(
      try Self.decoded(server).hasSuffix(
        "and MessageTraceId eq guid'\(Self.id)' and RecipientAddress eq 'o''x@x.test' and Status eq 'Failed'"))
    await #expect { try await source.search(TraceFilter(subject: "x"), in: SourceScenario.window) } throws: { error in
      (error as? Failure)?.exit == .usage
    }
  }

  @Test("details are asked for by trace id and recipient in both services")
  func details() async throws {
    let body = try Samples.bytes("graph_real_details_2026_01.json")
    let server = try ScriptedServer { request, _ in
      if request.method == "POST" { return .answer(Bodies.token) }
      return request.target.contains("getDetails") ? .answer(body) : .answer(#"{"d":{"results":[]}}"#)
    }
    defer { server.stop() }
    let page = try await (Sources.graph(server)).details(of: Self.id, recipient: "o'x@contoso.test")
    #expect(page.rows.count == 4)
    #expect(
      server.requests.last?.target
        == "/v1.0/admin/exchange/tracing/messageTraces/\(Self.id)/getDetailsByRecipient(recipientAddress=%27o%27%27x%40contoso.test%27)"
    )
    let reporting = try Sources.reporting(server)
    _ = try await reporting.details(of: Self.id, recipient: "r@x.test", sender: "s@x.test", in: SourceScenario.window)
    let asked = try Self.decoded(server)
    #expect(asked.contains("/MessageTraceDetail?"))
    #expect(
      asked.hasSuffix(
        "and MessageTraceId eq guid'\(Self.id)' and SenderAddress eq 's@x.test' and RecipientAddress eq 'r@x.test'"))
  }

  @Test("a trace id that is none never reaches the service", arguments: ["", "../me", "a'b", "x y", "ä"])
  func traceID(_ text: String) async throws {
    let server = try ScriptedServer { _, _ in .answer("{}") }
    defer { server.stop() }
    let source = try Sources.graph(server)
    await #expect { try await source.details(of: text, recipient: "r") } throws: { ($0 as? Failure)?.exit == .usage }
    #expect(server.requests.isEmpty)
  }
}
