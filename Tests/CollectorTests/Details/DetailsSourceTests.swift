// Delivery events: what is asked of either service, and which ids are not.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("DetailsSource", .serialized)
struct DetailsSourceTests {
  private static let id = "4d68a1db-9375-4ae8-1f6f-08dad1cb7978"

  private static func decoded(_ server: ScriptedServer) throws -> String {
    let target = try #require(server.requests.last?.target)
    return String(decoding: try #require(PercentEncoding.decode(target)), as: UTF8.self)
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
        "and MessageTraceId eq guid'\(Self.id)' and RecipientAddress eq 'r@x.test' and SenderAddress eq 's@x.test'"))
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
