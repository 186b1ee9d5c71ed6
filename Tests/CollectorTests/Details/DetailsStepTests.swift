// Delivery events taken apart: XML values, custom data, the remote server's reply, and what stands out.

import HTTPTransport
import IntakeCore
import Testing

@testable import Collector

@Suite("DetailsStep")
struct DetailsStepTests {
  @Test("values come out by name, references resolved, empty ones kept")
  func fields() {
    let text =
      #"<root><MEP Name="RcptCount" Integer="2" /><MEP String='a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#x27;' Name='Reference'/>"#
      + "\n  <MEP Name=\"Empty\" String=\"\"></MEP></root>\n"
    #expect(
      DetailsData.fields(text) == [
        DetailsField("RcptCount", "2"), DetailsField("Reference", "a <b> & \"c\" 'd'"), DetailsField("Empty", ""),
      ])
    #expect(DetailsData.fields("<?xml version=\"1.0\"?><root />") == [])
  }

  @Test(
    "what is no such XML is refused",
    arguments: [
      "", "text", #"<root><MEP ... String="Message Body" /></root>"#, "<root>", #"<root><MEP Name="a" String="b" />"#,
      #"<root><MEP Name="a" String="b" Integer="1" /></root>"#, #"<root><MEP String="b" /></root>"#,
      #"<root><MEP Name="a" String="&unknown;" /></root>"#, #"<root><MEP Name="a" String="&" /></root>"#,
      #"<root><MEP Name="a" String="<" /></root>"#, #"<root><MEP Name="a" String="b"/></root>x"#,
      #"<root><MEP Name="a"String="b"/></root>"#, #"<!DOCTYPE r [<!ENTITY x "y">]><root></root>"#,
      #"<root><MEP Name="a" String="&#1114112;" /></root>"#, #"<root><MEP Name="a" String="b" /><x/></root>"#,
    ])
  func notXML(_ text: String) { #expect(DetailsData.fields(text) == nil) }

  @Test("custom data is split into its items, quoted ones whole")
  func customData() {
    #expect(
      DetailsCustomData.fields("S:tlsversion=NONE;'S:odd=a;b=c';S:flag;S:Microsoft.Exchange.X=1") == [
        DetailsField("tlsversion", "NONE"), DetailsField("odd", "a;b=c"), DetailsField("flag", ""),
        DetailsField("Microsoft.Exchange.X", "1"),
      ])
    #expect(DetailsCustomData.fields("") == [])
    #expect(DetailsCustomData.fields("'S:open=1;S:b=2") == [DetailsField("'S:open", "1"), DetailsField("b", "2")])
  }

  @Test("the remote server's reply is split, brackets within it kept")
  func reply() throws {
    let line =
      "550 5.4.310 DNS domain bbb.ccccccc does not exist [Message=InfoDomainNonexistent] [LastAttemptedServerName=bbb.ccccccc]"
    let text = "[{LED=\(line)};{MSG=InfoDomainNonexistent};{FQDN=bbb.ccccccc};{IP=0.0.0.0};{LRT=1/25/2026 9:49:29 AM}]"
    for whole in [text, "Reason: \(text). OutboundProxyTargetHostName: bbb.ccccccc"] {
      let reply = try #require(DetailsReply(whole))
      #expect(reply.line == line)
      #expect(reply.code == "550" && reply.enhancedCode == "5.4.310")
      #expect(reply.message == "InfoDomainNonexistent" && reply.server == "bbb.ccccccc" && reply.address == "0.0.0.0")
      #expect(reply.lastTried == "1/25/2026 9:49:29 AM")
    }
    let bare = try #require(DetailsReply("[{LED=550 5.1.1 [Message=not found]};{MSG=};{FQDN=};{IP=}]"))
    #expect(bare.enhancedCode == "5.1.1" && bare.server == nil && bare.message == nil)
    let plain = try #require(DetailsReply("[{LED=closed by peer}]"))
    #expect(plain.line == "closed by peer" && plain.code == nil && plain.enhancedCode == nil)
    #expect(DetailsReply("The message was deferred.") == nil && DetailsReply("{LED=") == nil)
  }

  struct Fate: Sendable {
    var event: String
    var action = ""
    var description = ""
    var data = ""
    var marks: [DetailsMark]
    var says: String
  }

  static let fates = [
    Fate(event: "Quarantine", description: "The message was quarantined.", marks: [.quarantined], says: "quarantined"),
    Fate(
      event: "DLP rule", action: "BlockAccess",
      data: #"<root><MEP Name="RuleName" String="Credit cards" /></root>"#, marks: [.dataLoss],
      says: "BlockAccess, RuleName Credit cards"),
    Fate(
      event: "Transport rule", action: "SetSpamConfidenceLevel",
      data: #"<root><MEP Name="RuleId" String="7f" /></root>"#, marks: [.rule],
      says: "SetSpamConfidenceLevel, RuleId 7f"),
    Fate(event: "Malware", description: "Malware was detected.", marks: [.malware], says: "Malware was detected."),
    Fate(
      event: "spam", description: "Sent to Junk Folder",
      data: #"<root><MEP Name="SCL" Integer="5" /><MEP Name="SFV" String="SPM" /></root>"#,
      marks: [.spam, .folder], says: "SCL 5, SFV SPM: Sent to Junk Folder"),
    Fate(
      event: "Deliver", data: #"<root><MEP Name="CustomData" Blob="S:DeliveryFolder=Inbox" /></root>"#,
      marks: [.folder], says: "Inbox"),
    Fate(event: "Fail", description: "Reason: [{LED=550 5.1.1 no}]", marks: [.failed], says: "550 5.1.1 no"),
    Fate(event: "Receive", description: "Message received by: HOST", marks: [], says: ""),
  ]

  @Test("what decides a message's fate stands out", arguments: fates)
  func marks(_ fate: Fate) throws {
    let members = [
      ("event", fate.event), ("action", fate.action), ("description", fate.description), ("data", fate.data),
    ]
    let json = JSONValue.object(members.map { .init($0.0, .string($0.1)) }).text
    let step = try Self.step(json)
    #expect(step.marks.map(\.mark) == fate.marks)
    #expect(step.marks.first?.text ?? "" == fate.says || fate.marks == [.quarantined])
  }

  @Test("data that is no XML is kept as text, and the recipient is put in where it is missing")
  func kept() throws {
    let data = #"<root><MEP ... String=\"Message Body\" /></root>"#
    let step = try Self.step(
      "{ \"dateTime\" : \"2025-06-13T10:30:05Z\", \"event\":\"Receive\",\"description\":null,\"data\":\"\(data)\" }")
    #expect(step.text == #"<root><MEP ... String="Message Body" /></root>"# && step.fields.isEmpty)
    #expect(step.at == Timestamp.parse("2025-06-13T10:30:05Z") && step.description.isEmpty)
    #expect(String(decoding: step.json, as: UTF8.self).hasSuffix(#","recipientAddress":"a\"b@x.com"}"#))
    #expect((try? JSONValue(parsing: step.json)) != nil)
  }

  @Test("the events of the 2021 document's fifth example are read")
  func draft() throws {
    let body =
      #"{"id":"2e3c","senderEmail":"user@contoso.com","messageId":"<m@x>","recipients":[{"id":"1","recipientEmail":"User2@contoso.com","deliveryStatus":"Delivered","events":[{"id":"cf","dateTime":"2020-06-15T23:55:23.817","eventType":"receive","description":"Message received by: BL2SR01MB606"},{"id":"92","dateTime":"2020-06-15T23:55:24.453","eventType":"spam","description":"Sent to Junk Folder"}]},{"recipientEmail":"other@contoso.com","events":[{"eventType":"fail"}]}]}"#
    let steps = GraphSource.draftSteps(
      Array(body.utf8), DetailsKey(traceID: "2e3c", recipient: "user2@contoso.com"))
    #expect(steps.map(\.event) == ["receive", "spam"])
    #expect(steps.map { $0.at.map(Timestamp.text) ?? "" } == ["2020-06-15T23:55:23.817Z", "2020-06-15T23:55:24.453Z"])
    #expect(steps.last?.marks.map(\.mark) == [.spam, .folder])
    #expect(GraphSource.draftSteps(Array("[]".utf8), DetailsKey(traceID: "", recipient: "")).isEmpty)
  }

  private static func step(_ json: String) throws -> DetailsStep {
    let page = Page(bytes: Array(json.utf8), rows: [0..<json.utf8.count])
    return try #require(DetailsStep.steps(of: page, DetailsKey(traceID: "", recipient: "a\"b@x.com")).first)
  }
}
