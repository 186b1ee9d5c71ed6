// Promise 4: the same mail gives the same event from either service, however it is spelled.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("The same event from both services")
struct SameEventTests {
  /// A mail as both services know it.
  struct Mail {
    var trace: String
    var messageID: String
    var milliseconds: Int64
    var ticks: Int64
    var sender: String
    var recipient: String
    var subject: String
    var status: Int
    var size: Int
    var fromIP: String?
    var toIP: String?
  }

  static let statuses = [
    ("Delivered", "delivered"), ("Failed", "failed"), ("Pending", "pending"), ("Quarantined", "quarantined"),
    ("FilteredAsSpam", "filteredAsSpam"), ("Expanded", "expanded"), ("GettingStatus", "gettingStatus"),
    ("None", "none"),
    ("SomethingNew", "somethingNew"),
  ]
  static let settings = NormaliserSettings(tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"])

  static func mail(_ random: inout SeededRandom) -> Mail {
    let hex = String(random.next(), radix: 16)
    return Mail(
      trace: "4451A062-48cb-e80d-e8c0-\(hex)", messageID: "<\(random.text(20))@mail.example>",
      milliseconds: Int64(random.below(2_000_000_000)) * 1_000 + Int64(random.below(1_000)),
      ticks: Int64(random.below(10_000)), sender: random.chance(10) ? "<>" : random.address(),
      recipient: random.address(), subject: random.text(40), status: random.below(statuses.count),
      size: random.below(1 << 40), fromIP: random.pick([nil, "203.0.113.9", "2001:db8::1", "not an ip"]),
      toIP: random.pick([nil, "198.51.100.7"]))
  }

  static func graph(_ mail: Mail, _ random: inout SeededRandom) -> String {
    let time = Timestamp.text(Instant(ticks: mail.milliseconds * 10_000))
    return row(
      [
        ("id", random.spelling(ASCII.lowerCased(mail.trace))), ("messageId", random.spelling(mail.messageID)),
        ("receivedDateTime", random.spelling(time)), ("senderAddress", random.spelling(mail.sender)),
        ("recipientAddress", random.spelling(mail.recipient)), ("subject", random.spelling(mail.subject)),
        ("status", random.spelling(statuses[mail.status].1)), ("size", "\(mail.size)"),
        ("fromIP", random.spelling(mail.fromIP ?? "")), ("toIP", random.spelling(mail.toIP ?? "")),
      ], &random)
  }

  static func reporting(_ mail: Mail, _ random: inout SeededRandom) -> String {
    let exact = Timestamp.exactText(Instant(ticks: mail.milliseconds * 10_000 + mail.ticks)).dropLast()
    let time = random.chance(50) ? random.spelling(String(exact)) : "\"\\/Date(\(mail.milliseconds))\\/\""
    return row(
      [
        ("MessageTraceId", random.spelling(mail.trace)), ("MessageId", random.spelling(mail.messageID)),
        ("Received", time), ("SenderAddress", random.spelling(mail.sender)),
        ("RecipientAddress", random.spelling(mail.recipient.uppercasedASCII)),
        ("Subject", random.spelling(mail.subject)),
        ("Status", random.spelling(statuses[mail.status].0)), ("Size", "\(mail.size)"),
        ("FromIP", mail.fromIP.map { random.spelling($0) } ?? "null"),
        ("ToIP", mail.toIP.map { random.spelling($0) } ?? "null"), ("Index", "\(random.below(2_000))"),
        ("Organization", "\"contoso.onmicrosoft.com\""), ("StartDate", "\"2026-01-01T00:00:00Z\""),
      ], &random)
  }

  private static func row(_ members: [(String, String)], _ random: inout SeededRandom) -> String {
    var members = members
    for index in members.indices { members.swapAt(index, random.below(members.count)) }
    return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: random.pick([",", " , "])) + "}"
  }

  @Test("any mail gives the same event.id, and the same fields with the same spelling of the status", arguments: 0..<20)
  func same(_ seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let mails = (0..<50).map { _ in Self.mail(&random) }
    let left = try TestInput.events(mails.map { Self.graph($0, &random) }, mapping: "graph", settings: Self.settings)
    let right = try TestInput.events(
      mails.map { Self.reporting($0, &random) }, mapping: "reporting", settings: Self.settings)
    #expect(left.count == 50)
    #expect(right.count == 50)
    for (graph, reporting) in zip(left, right) {
      #expect(graph["event.id"] == reporting["event.id"])
      #expect(Self.comparable(graph) == Self.comparable(reporting))
    }
  }

  /// The fields in a fixed order, without the one that tells the service; addresses and Message-IDs in any case.
  private static func comparable(_ event: JSONValue) -> [String] {
    let exact: Set<String> = ["o365.message_trace.status", "event.action"]
    return (event.members ?? []).filter { $0.key != "event.provider" }
      .map { "\($0.key)=\(exact.contains($0.key) ? $0.value.text : ASCII.lowerCased($0.value.text))" }.sorted()
  }
}

extension String {
  fileprivate var uppercasedASCII: String {
    String(decoding: utf8.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 }, as: UTF8.self)
  }
}
