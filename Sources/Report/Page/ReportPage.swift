// The page and its sections in order. Every number of a chart is also in a text or a table.

internal import IntakeCore

struct ReportPage {
  let options: ReportOptions
  let figures: Figures
  let health: [CollectorHealth]
  private let drawing: Timeline.Drawing

  init(options: ReportOptions, figures: Figures, health: [CollectorHealth]) {
    self.options = options
    self.figures = figures
    self.health = health
    drawing = figures.timeline.drawing()
  }

  func bytes() -> [UInt8] {
    var page = HTMLWriter()
    page.literal("<!DOCTYPE html>\n")
    page.element("html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"]) { html in
      html.element("head") { head(&$0) }
      html.element("body") { body in
        body.literal(PageStyle.patterns)
        opening(&body)
        body.element("main") { main in
          GlanceSection(
            figures: figures, health: HealthSection(health: health, now: options.made),
            comparison: Comparison(figures.timeline, made: options.made), top: options.top
          ).write(&main)
          mail(&main)
          causes(&main)
          newestFailures(&main)
          people(&main)
          HealthSection(health: health, now: options.made).write(&main)
          counted(&main)
        }
        closing(&body)
      }
    }
    return page.bytes
  }

  private func head(_ head: inout HTMLWriter) {
    head.empty("meta", ["charset": "utf-8"])
    head.empty(
      "meta",
      ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"])
    head.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
    head.empty("meta", ["name": "color-scheme", "content": "light dark"])
    head.empty("meta", ["name": "referrer", "content": "no-referrer"])
    head.element("title", HTMLWriter.visible(title))
    head.element("style") { $0.literal(PageStyle.sheet) }
  }

  private var title: String {
    if let title = options.title { return title }
    let tenants = figures.tenants.top(1)
    guard let first = tenants.first else { return "Mail of this tenant" }
    return figures.tenants.distinct == 1
      ? "Mail of \(first.text)" : "Mail of \(DisplayFormat.number(figures.tenants.distinct)) tenants"
  }

  private func opening(_ page: inout HTMLWriter) {
    page.element("header") { header in
      header.element("h1") { $0.foreign(title) }
      header.element("p", span)
      header.element("ul", ["class": "facts"]) { facts in
        for (name, value) in keyFigures {
          facts.element("li") { fact in
            fact.element("strong", value)
            fact.text(" \(name)")
          }
        }
      }
    }
  }

  private var span: String {
    guard let window = drawing.window, let oldest = figures.oldest, let newest = figures.newest else {
      return "No mail with a time in these files."
    }
    let from = max(oldest, window.start)
    let to = min(newest, window.end)
    return
      "Received from \(DisplayFormat.moment(from)) to \(DisplayFormat.moment(to)) UTC; page made \(DisplayFormat.moment(options.made)) UTC."
  }

  private var keyFigures: [(String, String)] {
    var list = [
      ("deliveries and changes of status", DisplayFormat.number(figures.mail)),
      ("delivered", DisplayFormat.share(figures.count(.delivered), of: figures.mail)),
      ("failed, quarantined or spam", DisplayFormat.number(figures.failures)),
      ("distinct senders", (figures.senders.isExact ? "" : "over ") + DisplayFormat.number(figures.senders.distinct)),
    ]
    if figures.lateness.total > 0 {
      list.append(
        ("read within 5 minutes", DisplayFormat.share(figures.lateness.counts[0], of: figures.lateness.total)))
    }
    return list
  }

  private func mail(_ page: inout HTMLWriter) {
    let every = drawing.step == .seconds(3_600) ? "hour" : "day"
    section(
      "Mail per \(every)", "One count per message, recipient and status; \(every)s in UTC.", &page
    ) {
      section in
      guard !drawing.columns.isEmpty else { return section.element("p", "No mail in this period.") }
      ColumnChart(
        title: "Mail per \(every), by status", description: summary(drawing), drawing: drawing,
        statuses: MailStatus.allCases
      ).write(&section)
    }
    if figures.failures > 0, !drawing.columns.isEmpty {
      section("Undelivered mail", "Same period, separate scale.", &page) { section in
        ColumnChart(
          title: "Failed, quarantined and spam per \(every)",
          description: "\(DisplayFormat.number(figures.failures)) in all; details in the table below.",
          drawing: drawing,
          statuses: MailStatus.failures
        ).write(&section)
      }
    }
    page.element("div", ["class": "pair"]) { pair in
      section("Status", nil, &pair) { bars("Mail by status", "Status", statusBars, &$0) }
      section("Direction", figures.directions[4] == figures.mail ? directionHint : nil, &pair) {
        bars("Mail by direction", "Direction", directionBars, &$0)
      }
    }
  }

  private func summary(_ drawing: Timeline.Drawing) -> String {
    guard let busiest = drawing.columns.max(by: { $0.total < $1.total }) else { return "" }
    return
      "\(drawing.columns.count) columns from \(DisplayFormat.moment(drawing.columns[0].start)); the highest, \(DisplayFormat.moment(busiest.start)), contains \(DisplayFormat.number(busiest.total))."
  }

  private var directionHint: String { "Collect with --local-domains to record the direction." }

  private var statusBars: [BarChart.Bar] {
    MailStatus.allCases.filter { figures.count($0) > 0 }.map {
      BarChart.Bar(label: $0.label, count: figures.count($0), style: $0.style)
    }
  }

  private var directionBars: [BarChart.Bar] {
    MailDirection.allCases.filter { figures.directions[$0.rawValue] > 0 }.map {
      BarChart.Bar(label: $0.label, count: figures.directions[$0.rawValue])
    }
  }

  private func causes(_ page: inout HTMLWriter) {
    page.element("div", ["class": "pair"]) { pair in
      section("Why deliveries failed", reasonNote, &pair) { section in
        let bars = reasonBars
        guard !bars.isEmpty else { return section.element("p", "Nothing failed.") }
        self.bars("Failed deliveries by reason", "Reason", bars, &section)
      }
      section("Delay of rows", lateNote, &pair) { section in
        guard figures.lateness.total > 0 else { return section.element("p", "No other row has a delay.") }
        let bars = figures.lateness.labeled.map { BarChart.Bar(label: $0.label, count: $0.count) }
        self.bars("Mail by the time until its row was read", "Time", bars, &section)
      }
    }
  }

  private var lateNote: String {
    let left = figures.beforeFirstPass
    return "From receipt of a message until its row was read."
      + (left > 0
        ? " \(DisplayFormat.number(left)) received before the first pass, which looks back, are not counted."
        : "")
  }

  /// Trace rows only say that something failed; the reasons come from delivery events.
  private var reasonBars: [BarChart.Bar] {
    let reasons = figures.reasons.top(options.top)
    guard reasons.isEmpty else {
      return reasons.map {
        BarChart.Bar(label: $0.text, count: $0.count, isForeign: true, note: FailureReason.meaning($0.text))
      }
    }
    return MailStatus.failures.filter { figures.count($0) > 0 }.map {
      BarChart.Bar(label: $0.label, count: figures.count($0), style: $0.style)
    }
  }

  private var reasonNote: String? {
    if figures.reasons.distinct > 0 { return "From the delivery events in these files." + exactness(figures.reasons) }
    return figures.failures > 0
      ? "Trace rows say that a delivery failed, not why. Collect with --details failed for the reasons." : nil
  }

  private func people(_ page: inout HTMLWriter) {
    let top = options.top
    page.element("div", ["class": "pair"]) { pair in
      frequent("Top \(top) senders", "Sender", figures.senders, &pair)
      frequent("Top \(top) recipients", "Recipient", figures.recipients, &pair)
    }
    page.element("div", ["class": "pair"]) { pair in
      frequent("Top \(top) domains of senders", "Domain", figures.senderDomains, &pair)
      frequent("Top \(top) domains of recipients", "Domain", figures.recipientDomains, &pair)
    }
  }

  private func frequent(
    _ title: String, _ heading: String, _ texts: FrequentTexts, _ page: inout HTMLWriter
  ) {
    let count = "\(texts.isExact ? "" : "over ")\(DisplayFormat.number(texts.distinct)) distinct."
    section(title, "\(count)\(exactness(texts))", &page) { section in
      let list = texts.top(options.top).map { BarChart.Bar(label: $0.text, count: $0.count, isForeign: true) }
      guard !list.isEmpty else { return section.element("p", "None.") }
      bars(title, heading, list, whole: figures.mail, &section)
    }
  }

  private func exactness(_ texts: FrequentTexts) -> String {
    texts.isExact
      ? " Counts are exact."
      : " Counts are approximate: each may be up to \(DisplayFormat.number(texts.mostMissed)) too low."
  }

  private func newestFailures(_ page: inout HTMLWriter) {
    let table = FailureTable(list: figures.newestFailures.list)
    guard !table.list.isEmpty else { return }
    section("Most recent undelivered messages", nil, &page) { table.write(&$0) }
  }

  private func counted(_ page: inout HTMLWriter) {
    section("Totals", nil, &page) { CountTable(figures: figures, leftOut: drawing.leftOut).write(&$0) }
  }

  private func closing(_ page: inout HTMLWriter) {
    page.element("footer") { footer in
      footer.element(
        "p",
        "Generated by message-trace on \(DisplayFormat.moment(options.made)) UTC. Nothing in this page is loaded from elsewhere."
      )
    }
  }

  private func section(
    _ title: String, _ about: String?, _ page: inout HTMLWriter, _ body: (inout HTMLWriter) -> Void
  ) {
    page.element("section") { section in
      section.element("h2", title)
      if let about { section.element("p", about) }
      body(&section)
    }
  }

  private func bars(
    _ title: String, _ heading: String, _ bars: [BarChart.Bar], whole: Int? = nil, _ page: inout HTMLWriter
  ) {
    let first = bars.first.map { "; the first is \(DisplayFormat.number($0.count))" } ?? ""
    BarChart(
      title: title, description: "\(bars.count) bars\(first). All numbers are in the table below.",
      heading: heading, bars: bars, whole: whole
    ).write(&page)
  }
}
