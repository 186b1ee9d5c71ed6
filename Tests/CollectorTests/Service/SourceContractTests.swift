// Both sources keep what every source promises.

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("The source contract", .serialized)
struct SourceContractTests {
  @Test("is kept", .timeLimit(.minutes(30)), arguments: SourceScenario.all, Dialects.all)
  func scenario(_ scenario: SourceScenario, _ dialect: SourceDialect) async throws {
    try await scenario.play(dialect)
  }
}

enum Dialects {
  static let all = [graph, reporting, light]

  static let graph = SourceDialect(
    name: "Graph",
    page: { rows, link in
      let items = rows.map { #"{"id":"\#($0)","recipientAddress":"r\#($0)@contoso.test"}"# }.joined(separator: ",")
      let next = link.map { #","@odata.nextLink":"\#($0)""# } ?? ""
      return Array(#"{"@odata.context":"x","value":[\#(items)]\#(next)}"#.utf8)
    },
    link: { base, token in "\(base)/v1.0/admin/exchange/tracing/messageTraces?$skiptoken=\(token)%253d" },
    signIn: { $0.method == "POST" ? .answer(Bodies.token) : nil },
    source: { server, limits, time in
      try Sources.graph(server, http: settings(limits), time: time.source)
    })

  static let reporting = SourceDialect(
    name: "Reporting, verbose",
    page: { rows, link in
      let items = rows.map { #"{"MessageTraceId":"\#($0)","Index":\#($0)}"# }.joined(separator: ",")
      let next = link.map { #","__next":"\#($0)""# } ?? ""
      return Array(#"{"d":{"results":[\#(items)]\#(next)}}"#.utf8)
    },
    link: { base, token in
      "\(base)/ecp/ReportingWebService/Reporting.svc/MessageTrace?$format=json&$skiptoken=1999&x=\(token)"
    },
    signIn: { _ in nil },
    source: { server, limits, time in
      try Sources.reporting(server, http: settings(limits), time: time.source)
    })

  static let light = SourceDialect(
    name: "Reporting, light with relative links",
    page: { rows, link in
      let items = rows.map { #"{"MessageTraceId":"\#($0)","Index":\#($0)}"# }.joined(separator: ",")
      let next = link.map { #","odata.nextLink":"\#($0)""# } ?? ""
      return Array(#"{"odata.metadata":"m","value":[\#(items)]\#(next)}"#.utf8)
    },
    link: { base, token in
      let path = "reportingwebservice/reporting.svc/MessageTrace?$filter=x%20eq%20'y'&$skiptoken=1999&x=\(token)"
      return base.contains("//127.0.0.1") ? "../../\(path)" : "\(base)/ecp/\(path)"
    },
    signIn: { _ in nil },
    source: { server, limits, time in
      try Sources.reporting(server, http: settings(limits), time: time.source)
    })

  private static func settings(_ limits: SourceLimits) -> HTTPSettings {
    HTTPSettings(idleDeadline: limits.idle, totalDeadline: limits.total, bodyCap: limits.body)
  }
}
