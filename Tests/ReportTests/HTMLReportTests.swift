// Whole pages: well-formed whatever the events hold, nothing in them that acts, the same numbers as the events.

internal import Foundation
internal import FoundationXML
internal import IntakeCore
internal import IntakeTesting
import Testing

@testable import Report

@Suite struct ReportTests {
  static let hostile = [
    "</svg><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "\u{202E}gnp.exe\u{202C}",
    "a\u{0}b\u{1B}[31m\u{9B}", "<!--", "]]>", "&amp;&lt;&#0;", "\u{FFFE}\u{FFFF}\u{E0041}\u{F0000}", "' onmouseover='x",
    "שלום \u{2067}x", "Z\u{337}\u{321}\u{301}", String(repeating: "x", count: 9_000), "\u{2028}\u{85}\u{AD}\u{FEFF}",
    "</title></style></desc>", "\\u0000", "javascript:alert(1)", "url(http://x.example)",
  ]

  /// A page made of lines, as text.
  static func page(_ lines: [String], title: String? = "T", statuses: [JSONValue] = []) throws -> String {
    let folder = try ScratchFolder()
    let file = folder("events.ndjson")
    try folder.write(Array(lines.joined(separator: "\n").utf8), to: "events.ndjson")
    var report = HTMLReport(ReportOptions(title: title, made: try #require(Timestamp.parse("2026-03-05T12:00:00Z"))))
    try report.read(file)
    for status in statuses { report.add(status: status) }
    return String(decoding: report.page(), as: UTF8.self)
  }

  static func event(_ action: String, sender: String, recipient: String, subject: String, at time: String) -> String {
    JSONValue.object([
      .init("@timestamp", .string(time)), .init("event.created", .string("2026-03-03T00:00:00Z")),
      .init("event.dataset", .string("o365.message_trace")), .init("event.action", .string(action)),
      .init("email.from.address", .array([.string(sender)])), .init("email.to.address", .array([.string(recipient)])),
      .init("email.subject", .string(subject)),
    ]).text
  }

  @Test("mail of the first pass alone has no delays to draw")
  func firstPassAlone() throws {
    let lines = (1...3).map {
      Self.event("delivered", sender: "a@b", recipient: "c@d", subject: "x", at: "2026-03-01T0\($0):00:00Z")
    }
    let page = try Self.page(lines)
    #expect(page.contains("3 received before the first pass, which looks back, are not counted."))
    #expect(page.contains("No other row has a delay.") && !page.contains("up to 5 minutes"))
  }

  @Test("on a phone a chart shows its newest end, and paper has the layout and the colors of a wide light screen")
  func media() throws {
    let page = try Self.page([
      Self.event("failed", sender: "a@b", recipient: "c@d", subject: "x", at: "2026-03-01T01:00:00Z")
    ])
    #expect(page.contains("<div class=\"scroll newest\"><svg"))
    #expect(page.contains("@media screen and (max-width: 760px)") && !page.contains("@media (max-width"))
    let print = try #require(page.split(separator: "@media print", maxSplits: 1).last?.prefix(400))
    #expect(print.contains("color-scheme: light") && print.contains("--paper: #fff"))
  }

  @Test("hostile subjects, addresses, reasons, titles and states are text and nothing more")
  func hostilePage() throws {
    var lines: [String] = []
    for (index, text) in Self.hostile.enumerated() {
      lines.append(
        Self.event(
          "failed", sender: text, recipient: "\(text)@\(text)", subject: text, at: "2026-03-01T0\(index % 10):00:00Z"))
      lines.append(
        JSONValue.object([
          .init("event.dataset", .string("o365.message_trace_detail")), .init("event.action", .string("fail")),
          .init("message", .string(text)),
        ]).text)
    }
    let title = Self.hostile.prefix(7).joined()
    let status = JSONValue.object([
      .init("outcome", .string(Self.hostile[0])),
      .init("cursorsNow", .object([.init(Self.hostile[1], .string("2026-03-01T00:00:00Z"))])),
      .init(
        "status",
        .object([
          .init("tenant", .string(Self.hostile[0])),
          .init("sinks", .object([.init(Self.hostile[6], .object([.init("failing", .string(Self.hostile[5]))]))])),
          .init(
            "lastFailure",
            .object([.init("sentence", .string(Self.hostile[13])), .init("hint", .string(Self.hostile[8]))])),
        ])),
    ])
    let page = try Self.page(lines, title: title, statuses: [status])
    let parsed = PageReader(page)
    #expect(parsed.fault == nil, "\(parsed.fault ?? "")")
    #expect(parsed.elements.isSubset(of: PageReader.known), "\(parsed.elements.subtracting(PageReader.known))")
    #expect(
      parsed.attributes.isSubset(of: PageReader.knownAttributes),
      "\(parsed.attributes.subtracting(PageReader.knownAttributes))")
    let steering = page.unicodeScalars.filter { scalar in
      scalar.value != 0x0A
        && [.control, .format, .privateUse, .lineSeparator].contains(scalar.properties.generalCategory)
    }
    #expect(steering.isEmpty)
    #expect(page.contains("[U+202E]gnp.exe") && page.contains("b[U+001B][31m"))
  }

  @Test("the page forbids everything from elsewhere, and asks for nothing")
  func selfContained() throws {
    let page = try Self.page([
      Self.event("failed", sender: "a@b", recipient: "c@d", subject: "s", at: "2026-03-01T00:00:00Z")
    ])
    #expect(page.contains("default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"))
    for word in ["<script", "src=", "href=", "@import", "url(http"] { #expect(!page.contains(word), "\(word)") }
    #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\""))
  }

  @Test("every picture has a title, a description and a table with its numbers")
  func pictures() throws {
    let page = try Self.page([
      Self.event(
        "failed", sender: "ann@a.example", recipient: "bob@b.example", subject: "s", at: "2026-03-01T00:00:00Z"),
      Self.event(
        "delivered", sender: "ann@a.example", recipient: "eve@b.example", subject: "s", at: "2026-03-03T00:00:00Z"),
    ])
    let parsed = PageReader(page)
    #expect(parsed.pictures == 10)
    #expect(parsed.titled == parsed.pictures && parsed.described == parsed.pictures)
    #expect(parsed.tables == parsed.pictures)
    #expect(page.contains("<bdi>ann@a.example</bdi></th><td class=\"n\">2</td>"))
    #expect(page.contains("2 failed, quarantined") == false && page.contains("Sun 1 Mar 2026, 00:00: 1 failed"))
  }

  @Test(
    "a collector is well only if its last pass went well, its sinks follow, and that was not long ago",
    arguments: [
      ("ok", "2026-03-05T11:00:00Z", "", "✓ collecting"), ("ok", "2026-03-02T12:00:00Z", "", "✗ no pass for 3 d"),
      ("ok", "2026-03-05T11:00:00Z", "sink.refused", "✗ a sink is behind"),
      ("auth.denied", "2026-03-05T11:00:00Z", "", "✗ failing: auth.denied"), ("never", "", "", "– never ran"),
    ])
  func verdict(_ outcome: String, _ last: String, _ failing: String, _ verdict: String) throws {
    let sink = JSONValue.object(failing.isEmpty ? [] : [.init("failing", .string(failing))])
    let status = JSONValue.object([
      .init("lastPass", .string(last)), .init("sinks", .object([.init("tcp://siem:601", sink)])),
    ])
    let page = try Self.page([], statuses: [.object([.init("outcome", .string(outcome)), .init("status", status)])])
    #expect(page.contains(verdict))
  }

  @Test("no event at all still gives a page")
  func empty() throws {
    let page = try Self.page([])
    #expect(PageReader(page).fault == nil && page.contains("No mail with a time in these files."))
  }

  @Test("lines longer than any event and lines cut off are counted and cost no other")
  func longLines() throws {
    let good = Self.event("delivered", sender: "a@b", recipient: "c@d", subject: "s", at: "2026-03-01T00:00:00Z")
    let long = "{\"x\":\"\(String(repeating: "y", count: 9 << 20))\"}"
    let page = try Self.page([good, long, good, String(good.dropLast(5))])
    #expect(page.contains("lines read</th><td class=\"n\">4</td>"))
    #expect(page.contains("not counted elsewhere</th><td class=\"n\">2</td>"))
    #expect(page.contains("recipient and status</th><td class=\"n\">2</td>"))
  }

  @Test("a missing file is reported with its name")
  func missing() {
    var report = HTMLReport(ReportOptions(made: Instant(seconds: 0)))
    #expect { try report.read("/nonexistent/x.ndjson") } throws: { ($0 as? Failure)?.exit == .noInput }
  }
}

/// A page as a strict XML parser sees it.
private final class PageReader: NSObject, XMLParserDelegate {
  static let known: Set<String> = [
    "html", "head", "meta", "title", "style", "body", "svg", "defs", "pattern", "rect", "circle", "path", "header",
    "h1",
    "h2", "h3", "p", "ul", "li", "strong", "main", "section", "figure", "g", "text", "tspan", "line", "desc", "details",
    "summary", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "span", "dl", "dt", "dd", "footer",
  ]
  static let knownAttributes: Set<String> = [
    "lang", "xmlns", "charset", "http-equiv", "content", "name", "class", "id", "width", "height", "viewBox", "role",
    "aria-hidden", "patternUnits", "cx", "cy", "r", "d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "scope",
  ]

  private(set) var fault: String?
  private(set) var elements: Set<String> = []
  private(set) var attributes: Set<String> = []
  private(set) var pictures = 0
  private(set) var titled = 0
  private(set) var described = 0
  private(set) var tables = 0
  private var open: [String] = []

  init(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    if !parser.parse() { fault = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")" }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes given: [String: String] = [:]
  ) {
    elements.insert(name)
    attributes.formUnion(given.keys)
    if name == "svg", given["role"] == "img" { pictures += 1 }
    if name == "title", open.last == "svg" { titled += 1 }
    if name == "desc", open.last == "svg" { described += 1 }
    if name == "table", open.contains("details") { tables += 1 }
    open.append(name)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { open.removeLast() }
}
