// Redaction: what is private appears nowhere in an event, and equal things stay equal.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Redaction")
struct RedactionTests {
  private static func settings(_ list: String) throws -> NormaliserSettings {
    let redaction = try Redaction(list: list, key: Secret("0123456789abcdef0123"))
    return NormaliserSettings(
      tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"], keepOriginal: true,
      recipient: "asked@contoso.com", redaction: redaction)
  }

  private static let rows = [
    #"{"id":"1","senderAddress":"Very.Private@mail.example","recipientAddress":"private.too@contoso.com","status":"delivered","subject":"my private matter","note":"ask private@x.example","deep":{"a":["\u0070rivate\u0040y"]}}"#,
    #"{"id":"2","senderAddress":"very.private@mail.example","recipientAddress":"not splittable private@@x","status":"failed","subject":"my private matter"}"#,
    #"{"id":"3","senderAddress":"<>","recipientAddress":"private@contoso.com","status":"failed","subject":"private \x"}"#,
  ]

  @Test("no private text is left in any field, and equal ones stay equal")
  func hidden() throws {
    let events = try TestInput.events(Self.rows, mapping: "graph", settings: try Self.settings("subject,local-part"))
    #expect(events.count == 3)
    for event in events { #expect(!ASCII.lowerCased(event.text).contains("private")) }
    #expect(events[0]["email.subject"] == events[1]["email.subject"])
    #expect(events[0]["source.user.email"] == events[1]["source.user.email"])
    #expect(events[0]["source.domain"]?.string == "mail.example")
    #expect(events[0]["email.direction"]?.string == "inbound")
    #expect(events[0]["email.to.address"]?.array?.first?.string?.hasSuffix("@contoso.com") == true)
    #expect(events[2]["event.kind"]?.string == "pipeline_error")
  }

  @Test("redaction does not change event.id")
  func identity() throws {
    let plain = NormaliserSettings(tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"])
    let shown = try TestInput.events(Self.rows, mapping: "graph", settings: plain)
    let hidden = try TestInput.events(Self.rows, mapping: "graph", settings: try Self.settings("subject,local-part"))
    #expect(shown.map { $0["event.id"] } == hidden.map { $0["event.id"] })
  }

  @Test("only what is named is hidden")
  func parts() throws {
    let subject = try TestInput.events(Self.rows, mapping: "graph", settings: try Self.settings("subject"))
    #expect(subject[0]["source.user.name"]?.string == "Very.Private")
    #expect(subject[0]["email.subject"]?.string?.utf8.count == 32)
    let local = try TestInput.events(Self.rows, mapping: "graph", settings: try Self.settings("local-part"))
    #expect(local[0]["email.subject"]?.string == "my private matter")
    #expect(local[0]["source.user.name"]?.string?.utf8.count == 32)
  }

  @Test("the hash is HMAC-SHA256 as RFC 4231 has it")
  func vector() throws {
    let redaction = try Redaction(list: "subject", key: Secret(String(repeating: "\u{0B}", count: 20)))
    let hash = String(decoding: Redactor(redaction).hash(Array("Hi There".utf8)), as: UTF8.self)
    #expect(hash == "b0344c61d8db38535ca8afceaf0bf12b")
  }

  @Test(
    "unknown parts and short keys are refused", arguments: [("subjects", "0123456789abcdef"), ("subject", "tiny-key")])
  func refused(_ list: String, _ key: String) throws {
    let failure = try #require(throws: Failure.self) { try Redaction(list: list, key: Secret(key)) }
    #expect(failure.exit == .configuration)
    #expect(!failure.sentence.contains(key))
  }

  @Test("details hide addresses in their texts and data")
  func details() throws {
    let row =
      #"{"id":"1","dateTime":"2026-01-25T09:49:29Z","event":"Fail","description":"to private@x.example","data":"<root><MEP Name=\"ReturnPath\" String=\"private@x.example\" /><MEP Name=\"N\" Integer=\"2\" /></root>"}"#
    let broken = #"{"id":"2","dateTime":"2026-01-25T09:49:29Z","event":"Fail","data":"<root private@x.example"}"#
    let events = try TestInput.events(
      [row, broken], mapping: "graph-detail", settings: try Self.settings("local-part"))
    #expect(events.count == 2)
    for event in events { #expect(!event.text.contains("private")) }
    #expect(events[0]["o365.message_trace_detail.n"]?.integer == 2)
  }
}
