// The state of the collectors: a card for each, failing ones first.

internal import IntakeCore

struct HealthSection {
  let health: [CollectorHealth]
  let now: Instant
  /// A collector whose last pass ended longer ago than this is shown as silent.
  private static let maxSilence = Duration.seconds(2 * 3_600)

  func write(_ page: inout HTMLWriter) {
    page.element("section") { section in
      section.element("h2", health.count > 1 ? "The collectors" : "The collector")
      guard !health.isEmpty else {
        return section.element(
          "p", "Use --state DIR, or --status-file FILE from `message-trace status --format json`, to show its state.")
      }
      for one in health.filter({ !isGood($0) }) + health.filter(isGood) { card(one, &section) }
    }
  }

  /// One line for each collector, failing ones first; nothing without one.
  func writeVerdicts(_ page: inout HTMLWriter) {
    for one in health.filter({ !isGood($0) }) + health.filter(isGood) {
      page.element("p") { line in
        line.foreign(one.name)
        line.text(" ")
        line.element("span", ["class": isGood(one) ? "badge well" : "badge ill"], verdict(one))
        if let lag = one.lag { line.text(", \(DisplayFormat.span(lag)) behind now") }
      }
    }
  }

  private func card(_ one: CollectorHealth, _ page: inout HTMLWriter) {
    page.element("div", ["class": "card"]) { card in
      card.element("h3") { heading in
        heading.foreign(one.name)
        heading.text(" ")
        heading.element("span", ["class": isGood(one) ? "badge well" : "badge ill"], verdict(one))
      }
      card.element("dl") { list in
        trouble(one, &list)
        for (name, value) in facts(one) {
          list.element("dt", name)
          list.element("dd") { $0.foreign(value, limit: 600) }
        }
      }
      if !one.cursors.isEmpty { cursors(one, &card) }
    }
  }

  private func silence(_ one: CollectorHealth) -> Duration? {
    one.lastPass.map { now - $0 }.flatMap { $0 > Self.maxSilence ? $0 : nil }
  }

  private func isGood(_ one: CollectorHealth) -> Bool { one.isWell && silence(one) == nil }

  private func verdict(_ one: CollectorHealth) -> String {
    if one.isWell { return silence(one).map { "✗ no pass for \(DisplayFormat.span($0))" } ?? "✓ collecting" }
    if one.outcome == "never" { return "– never ran" }
    return one.outcome == "ok" ? "✗ a sink is behind" : "✗ failing: \(HTMLWriter.visible(one.outcome, limit: 80))"
  }

  private func trouble(_ one: CollectorHealth, _ list: inout HTMLWriter) {
    guard let trouble = one.trouble else { return }
    list.element("dt", trouble.streak > 0 ? "error" : "last error")
    list.element("dd") { $0.foreign(trouble.sentence, limit: 600) }
    if trouble.streak > 0 {
      list.element("dt", "consecutive failures")
      list.element("dd", "\(DisplayFormat.number(trouble.streak)) passes")
    }
    if trouble.streak > 0, let hint = trouble.hint {
      list.element("dt", "fix")
      list.element("dd") { $0.foreign(hint, limit: 600) }
    }
  }

  private func facts(_ one: CollectorHealth) -> [(String, String)] {
    var facts: [(String, String)] = []
    if let pass = one.lastPass { facts.append(("last pass", ago(pass))) }
    if let success = one.lastSuccess, success != one.lastPass { facts.append(("last success", ago(success))) }
    if let lag = one.lag { facts.append(("behind now", DisplayFormat.span(lag))) }
    if let quota = one.quota {
      facts.append(
        ("requests in 5 minutes", "\(DisplayFormat.number(quota.used)) of \(DisplayFormat.number(quota.limit))"))
    }
    if let identities = one.identities { facts.append(("ledger", "\(DisplayFormat.number(identities)) identities")) }
    if let journal = one.journal {
      facts.append(
        (
          "journal",
          journal.entries == 0
            ? "empty" : "\(DisplayFormat.number(journal.entries)) batches, \(DisplayFormat.number(journal.bytes)) bytes"
        ))
    }
    facts += one.sinks.map { sink in
      ("sink", "\(sink.name): \(sink.failing.map { "behind, \($0)" } ?? "up to date")")
    }
    facts += one.gaps.suffix(3).map { ("gap", "\($0.cursor), \($0.from) to \($0.to)") }
    return facts
  }

  private func cursors(_ one: CollectorHealth, _ card: inout HTMLWriter) {
    card.element("div", ["class": "scroll"]) { scroll in
      scroll.element("table") { table in
        table.element("thead") { head in
          head.element("tr") { row in
            for name in ["Cursor", "Read up to (UTC)", "Behind now"] { row.element("th", ["scope": "col"], name) }
          }
        }
        table.element("tbody") { body in
          for cursor in one.cursors.sorted(by: { $0.at > $1.at }) {
            body.element("tr") { row in
              row.element("th", ["scope": "row"]) { $0.foreign(cursor.name) }
              row.element("td", DisplayFormat.moment(cursor.at))
              row.element("td", DisplayFormat.span(now - cursor.at))
            }
          }
        }
      }
    }
  }

  private func ago(_ instant: Instant) -> String {
    now > instant
      ? "\(DisplayFormat.moment(instant)) UTC, \(DisplayFormat.span(now - instant)) ago" : DisplayFormat.moment(instant)
  }
}
