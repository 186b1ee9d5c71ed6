// Guarantee 4 for delivery events: the same from each service, from a stored answer, and as a row of the draft.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("The same delivery event from every service")
struct SameDetailsTests {
  static let settings = NormaliserSettings(
    tenant: "contoso.onmicrosoft.com", recipient: "Bob@contoso.com", sender: "alice@fabrikam.com")
  private static let events = ["Receive", "Fail", "Expand DL", "Transport rule", "Spam", "Something New", "Quarantine"]

  /// The same event of a message as Graph, the legacy service, and the draft of 2021 give it.
  static func spellings(_ number: Int) -> (graph: String, reporting: String, draft: String) {
    let id = "eaaafa9a-788c-47f0-357c-08de5bf7\(1000 + number)"
    let event = events[number % events.count]
    let at = Instant(seconds: 1_769_334_569) + .milliseconds(number * 7 % 1_000)
    let time = Timestamp.text(at)
    let legacy = number.isMultiple(of: 2) ? "/Date(\(at.ticks / 10_000))/" : String(time.dropLast()) + "4321"
    let text = number.isMultiple(of: 5) ? "" : "step \(number)"
    let graph = [
      ("id", id), ("messageId", "<m\(number)@x>"), ("dateTime", time), ("event", event), ("action", ""),
      ("description", text),
    ]
    let reporting = [
      ("MessageTraceId", id.uppercased()), ("MessageId", "<m\(number)@x>"), ("Date", legacy), ("Event", event),
      ("Action", "None"), ("Detail", text), ("RecipientAddress", "bob@contoso.com"),
      ("SenderAddress", "alice@fabrikam.com"), ("Organization", "contoso.onmicrosoft.com"),
    ]
    let draft =
      #"{"id":"\#(id)","senderEmail":"alice@fabrikam.com","messageId":"<m\#(number)@x>","recipients":[{"recipientEmail":"bob@contoso.com","events":[{"id":"e\#(number)","dateTime":"\#(time.dropLast())","eventType":"\#(event.lowercased())","description":"\#(text)"}]}]}"#
    return (json(graph), json(reporting), draft)
  }

  private static func json(_ members: [(String, String)]) -> String {
    JSONValue.object(members.map { .init($0.0, .string($0.1)) }).text
  }

  private static let identity = [
    "event.id", "@timestamp", "event.action", "event.outcome", "email.local_id", "email.message_id",
    "organization.name",
    "email.from.address", "source.user.email", "email.to.address", "destination.user.email", "related.user", "message",
  ]

  @Test("details of a hundred messages in three shapes have the same ids and the same identity fields")
  func same() throws {
    let all = (0..<100).map { Self.spellings($0) }
    let graph = try TestInput.events(all.map(\.graph), mapping: "graph-detail", settings: Self.settings)
    let reporting = try TestInput.events(all.map(\.reporting), mapping: "reporting-detail", settings: Self.settings)
    let rows = all.flatMap { DraftEvents.rows(Array($0.draft.utf8)) }.map { String(decoding: $0, as: UTF8.self) }
    let draft = try TestInput.events(rows, mapping: "graph-detail", settings: Self.settings)
    #expect(graph.count == 100 && reporting.count == 100 && draft.count == 100)
    #expect(Set(graph.compactMap { $0["event.id"]?.string }).count == 100)
    for number in 0..<100 {
      let expected = Self.identity.map { graph[number][$0]?.text.lowercased() }
      #expect(Self.identity.map { reporting[number][$0]?.text.lowercased() } == expected)
      #expect(Self.identity.map { draft[number][$0]?.text.lowercased() } == expected)
    }
  }

  @Test(
    "in every profile they have the ids of the profile ecs, whatever the shape",
    arguments: ["sekoia", "cim", "udm-flat"])
  func profiles(_ profile: String) throws {
    let names = ["sekoia": "event.id", "cim": "event_id", "udm-flat": "metadata.product_log_id"]
    let name = try #require(names[profile])
    let all = (0..<100).map { Self.spellings($0) }
    let expected = try TestInput.events(all.map(\.graph), mapping: "graph-detail", settings: Self.settings)
    let draft = all.flatMap { DraftEvents.rows(Array($0.draft.utf8)) }.map { String(decoding: $0, as: UTF8.self) }
    for rows in [all.map(\.graph), all.map(\.reporting), draft] {
      let events = try TestInput.events(rows, mapping: "\(profile)-detail", settings: Self.settings)
      #expect(events.map { $0[name] } == expected.map { $0["event.id"] })
    }
  }

  @Test(
    "a stored answer with the addresses given, and a stored message of the draft, give the ids of collected details")
  func stored() throws {
    let all = (0..<100).map { Self.spellings($0) }
    let answer = #"{"value":["# + all.map(\.graph).joined(separator: ",") + "]}"
    let draft = "[" + all.map(\.draft).joined(separator: ",") + "]"
    let expected = try TestInput.events(all.map(\.graph), mapping: "graph-detail", settings: Self.settings)
    for text in [answer, draft] {
      let batch = try TestInput.batch(raw: Array(text.utf8), settings: Self.settings, dateFormat: nil)
      let events = try TestInput.lines(batch).map { try JSONValue(parsing: $0) }
        .filter { $0["event.dataset"]?.string == "o365.message_trace_detail" }
      #expect(events.compactMap { $0["event.id"]?.string } == expected.compactMap { $0["event.id"]?.string })
    }
  }

  @Test("two steps of one kind in the same millisecond stay two events")
  func notMerged() throws {
    let rows = ["rule A", "rule B"].map {
      #"{"id":"t","dateTime":"2026-01-25T09:49:29.981Z","event":"Transport rule","description":"\#($0)"}"#
    }
    let events = try TestInput.events(rows, mapping: "graph-detail", settings: Self.settings)
    #expect(Set(events.compactMap { $0["event.id"]?.string }).count == 2)
  }
}
