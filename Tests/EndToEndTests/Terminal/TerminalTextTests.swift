// The text formats of `query`: widths, truncation, control characters, CSV; and its dates.

import Collector
import IntakeCore
internal import IntakeTesting
import Testing

@testable import message_trace

@Suite("TerminalText", .ownThreads)
struct TerminalTextTests {
  private static func row(_ subject: String, sender: String = "anna@contoso.com") throws -> QueryRow {
    let members = [
      ("receivedDateTime", "2026-03-02T08:15:07.123Z"), ("status", "delivered"), ("senderAddress", sender),
      ("recipientAddress", "a.rather.long.name.of.a.recipient@a.rather.long.domain.example"), ("subject", subject),
      ("id", "2e3c0fac-4669-4e4a-2669-08d5dd529cbe"),
    ]
    let json = JSONValue.object(members.map { .init($0.0, .string($0.1)) }).text
    return try #require(QueryRow(json: Array(json.utf8)))
  }

  static let subjects = [
    "Hello", "会議の議事録 会議の議事録 会議の議事録", "🎉 Congratulations 👩‍💻 on everything that you did this year", "",
    "Tab\there and line\nbreak\u{1B}[31m red", "\u{202E}gnp.exe", "e\u{301}te\u{301}",
  ]

  @Test("a table fits any terminal from 80 columns on, whatever the subjects", arguments: [80, 100, 120, 160, 240])
  func fits(_ columns: Int) throws {
    let text = QueryTable(columns: columns).text(try Self.subjects.map { try Self.row($0) })
    let lines = text.split(separator: "\n")
    #expect(lines.count == Self.subjects.count + 1)
    for line in lines { #expect(TerminalText.width(String(line)) <= columns) }
    #expect(lines[1].hasPrefix("2026-03-02 08:15:07  delivered  "))
    #expect(text.contains("2e3c0fac-4669-4e4a-2669-08d5dd529cbe") == (columns >= 110))
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x202E })
  }

  @Test("without a terminal one long subject is whole and does not widen the other rows")
  func longSubject() throws {
    let long = String(repeating: "long ", count: 200) + "end"
    let lines = QueryTable(columns: nil).text([try Self.row(long), try Self.row("Hello")]).split(separator: "\n")
    #expect(lines[1].contains(long))
    #expect(lines[0].count < 300 && lines[2].count < 300, "\(lines[2].count)")
  }

  @Test("without a terminal nothing is truncated and control characters are escaped")
  func whole() throws {
    let text = QueryTable(columns: nil).text([try Self.row(Self.subjects[4])])
    #expect(text.contains("Tab\\u{9}here and line\\u{a}break\\u{1b}[31m red"))
    #expect(text.contains("a.rather.long.name.of.a.recipient@a.rather.long.domain.example"))
    #expect(QueryTable(columns: 80).text([]).isEmpty)
  }

  @Test("text is truncated by display width")
  func fitted() {
    #expect(TerminalText.fitted("abc", to: 5) == "abc  ")
    #expect(TerminalText.fitted("abcdef", to: 4) == "abc…")
    #expect(TerminalText.fitted("会議の", to: 4) == "会… ")
    #expect(TerminalText.width("e\u{301}") == 1 && TerminalText.width("👩‍💻") == 2 && TerminalText.width("会") == 2)
  }

  @Test("no CSV cell can contain a formula, a line break or an unescaped quote")
  func csv() throws {
    let cells = [
      ("=1+1", "\"'=1+1\""), ("+49", "\"'+49\""), ("-x", "\"'-x\""), ("@SUM(A1)", "\"'@SUM(A1)\""),
      ("  =1", "\"'  =1\""),
      ("a \"b\", c", "\"a \"\"b\"\", c\""), ("\t=1", "\"\\u{9}=1\""), ("", "\"\""), ("plain", "\"plain\""),
    ]
    for (value, written) in cells { #expect(QueryOutput.cell(value) == written) }
    let text = QueryOutput.csv([try Self.row("=cmd|'/c calc'!A1\r\nx", sender: "-anna@contoso.com")])
    #expect(text.split(separator: "\n").count == 1)
    #expect(text.contains("\"'=cmd|'/c calc'!A1\\u{d}\\u{a}x\"") && text.contains("\"'-anna@contoso.com\""))
  }

  static let now = Instant(seconds: 1_790_000_000)
  static let dates: [(String, Bool, String)] = [
    ("2026-03-02", false, "2026-03-02T00:00:00.000Z"), ("2026-03-02", true, "2026-03-02T23:59:59.999Z"),
    ("2026-03-02T08:15:07Z", false, "2026-03-02T08:15:07.000Z"), ("2026-03-02 08:15", true, "2026-03-02T08:15:00.000Z"),
    ("2026-03-02T08:15+01:00", false, "2026-03-02T07:15:00.000Z"),
    ("2026-03-02t08:15:07.5z", false, "2026-03-02T08:15:07.500Z"),
    ("-3d", false, "2026-09-18T14:13:20.000Z"), ("-90m", true, "2026-09-21T12:43:20.000Z"),
    ("now", true, "2026-09-21T14:13:20.000Z"), ("3d", false, "2026-09-18T14:13:20.000Z"),
    ("yesterday", false, "2026-09-20T00:00:00.000Z"), ("Yesterday", true, "2026-09-20T23:59:59.999Z"),
    ("today", true, "2026-09-21T23:59:59.999Z"), ("yesterday 08:15", true, "2026-09-20T08:15:00.000Z"),
    ("2026-03-02Z", false, "2026-03-02T00:00:00.000Z"), ("2026-03-02+01:00", false, "2026-03-01T23:00:00.000Z"),
    ("2026-03-02-0500", true, "2026-03-03T04:59:59.999Z"),
  ]

  @Test("unambiguous dates are accepted", arguments: dates)
  func date(_ text: String, _ isEnd: Bool, _ meaning: String) throws {
    let instant = try QueryDate.parse(text, flag: "--start-date", now: Self.now, isEnd: isEnd)
    #expect(Timestamp.text(instant) == meaning)
  }

  @Test(
    "ambiguous and invalid dates are rejected",
    arguments: [
      "03/02/2026", "2.3.2026", "2026-02-30", "3x", "-3", "yesterdays", "yesterday8", "2026-03-02T",
      "2026-03-02 +01:00", "2026-03-02z1",
      "", "2026-3-2", "20260302", "2026-03-02T25:00", "-3w",
      "tomorrow",
    ])
  func noDate(_ text: String) {
    #expect(throws: Failure.self) { try QueryDate.parse(text, flag: "--end-date", now: Self.now, isEnd: true) }
  }
}
