// What is counted of which line.

internal import IntakeCore
import Testing

@testable import Report

@Suite struct FiguresTests {
  static func figures(_ lines: [String]) -> Figures {
    var figures = Figures(newestFailures: 3)
    for line in lines {
      let bytes = Array(line.utf8)
      figures.take(unsafe bytes.span.bytes, isWhole: true)
    }
    return figures
  }

  @Test(
    "a line that is no JSON object is counted and costs nothing else",
    arguments: [
      "", "x", "[]", "5", "{", "{\"a\":", "{\"a\":1,}", "{\"a\":1}x", "{\"event.action\":\"failed\"", "{\"a\":tru}",
      String(repeating: "{\"a\":[", count: 5_000), "{\"a\":\"\\", "\u{0}{}",
    ])
  func invalid(_ line: String) {
    let figures = Self.figures([line, "{\"event.action\":\"delivered\"}"])
    #expect(figures.lines == 2 && figures.invalid == 1 && figures.mail == 1)
  }

  @Test("spaces around and inside an object, and a carriage return behind it, are none of our business")
  func spaces() {
    let figures = Self.figures([" { \"event.action\" : \"failed\" , \"x\" : [ 1 ] } \r"])
    #expect(figures.invalid == 0 && figures.count(.failed) == 1)
  }

  @Test(
    "every status finds its place, in both spellings",
    arguments: [
      ("delivered", MailStatus.delivered), ("Failed", .failed), ("filteredAsSpam", .filteredAsSpam),
      ("FilteredAsSpam", .filteredAsSpam), ("gettingStatus", .pending), ("none", .other), ("Recalled", .other),
      ("brandNew", .other), ("", .other),
    ])
  func status(_ name: String, _ status: MailStatus) {
    let figures = Self.figures(["{\"event.action\":\"\(name)\"}"])
    #expect(figures.count(status) == 1 && figures.statuses.reduce(0, +) == 1)
  }

  @Test("delivery events give reasons and no mail; rows that could not be mapped are counted apart")
  func kinds() {
    let figures = Self.figures([
      #"{"event.dataset":"o365.message_trace_detail","event.action":"fail","message":"550 5.1.1 RESOLVER.ADR.X; y"}"#,
      #"{"event.dataset":"o365.message_trace_detail","event.action":"deliver","message":"fine"}"#,
      #"{"event.dataset":"o365.message_trace","event.kind":"pipeline_error","error.message":"why"}"#,
      #"{"event.dataset":"o365.message_trace","event.kind":"event","event.action":"failed"}"#,
    ])
    #expect(figures.details == 2 && figures.unmapped == 1 && figures.mail == 1)
    #expect(figures.reasons.top(5) == [.init(text: "550 5.1.1 RESOLVER.ADR.X", count: 1)])
  }

  @Test("addresses count together in whatever case or escape they are spelled; domains come from behind the last @")
  func addresses() {
    let figures = Self.figures([
      #"{"email.from.address":["Ann@Contoso.COM"],"email.to.address":["a@b@c.example","x@y.example"]}"#,
      #"{"email.from.address":["ann\u0040contoso.com"],"email.to.address":[]}"#,
      #"{"email.from.address":"ann@contoso.com","email.to.address":["nobody"]}"#,
      #"{"email.from.address":5,"email.to.address":[["deep@x.example"]]}"#,
    ])
    #expect(figures.senders.top(5) == [.init(text: "ann@contoso.com", count: 3)])
    #expect(figures.senderDomains.top(5) == [.init(text: "contoso.com", count: 3)])
    #expect(figures.recipients.distinct == 2 && figures.recipientDomains.top(5).map(\.text) == ["c.example"])
    #expect(figures.withoutSender == 1)
  }

  @Test("the newest failures are kept, newest first")
  func newest() {
    let lines = ["03", "01", "05", "02", "04"].map { day in
      #"{"@timestamp":"2026-03-\#(day)T00:00:00Z","event.action":"failed","email.subject":"\#(day)"}"#
    }
    #expect(Self.figures(lines).newestFailures.list.map(\.subject) == ["05", "04", "03"])
  }

  @Test(
    "lateness falls into its step, both ends included; differing clocks are reported",
    arguments: [
      (0, 0), (300, 0), (301, 1), (3_600, 2), (86_400, 4), (86_401, 5),
    ])
  func lateness(_ seconds: Int, _ step: Int) {
    var lateness = Lateness()
    lateness.add(received: Instant(seconds: 0), read: Instant(seconds: Int64(seconds)))
    #expect(lateness.counts[step] == 1 && lateness.total == 1)
    lateness.add(received: Instant(ticks: Int64.max), read: Instant(ticks: Int64.min))
    lateness.add(received: Instant(ticks: Int64.min), read: Instant(ticks: Int64.max))
    #expect(lateness.early == 1 && lateness.total == 3 && lateness.counts[5] == (step == 5 ? 2 : 1))
  }
}
