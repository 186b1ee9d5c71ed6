// The first screen: how the collectors stand, the last day against others, what stands out, and whose mail fails.

internal import IntakeCore

struct GlanceSection {
  let figures: Figures
  let health: HealthSection
  let comparison: Comparison
  /// Rows of each table of the most frequent.
  let top: Int

  private static let mostSpikes = 5

  func write(_ page: inout HTMLWriter) {
    page.element("section") { section in
      section.element("h2", "At a glance")
      health.writeVerdicts(&section)
      days(&section)
      spikes(&section)
      section.element("div", ["class": "pair"]) { pair in
        people("Outside senders whose mail failed or was quarantined", figures.failedSenders, &pair)
        people("Outside recipients whose mail failed or was quarantined", figures.failedRecipients, &pair)
      }
    }
  }

  private func days(_ page: inout HTMLWriter) {
    guard let end = comparison.end else { return }
    page.element("table") { table in
      table.element("caption", "24 hours to \(DisplayFormat.moment(end)) UTC")
      table.element("thead") { head in
        head.element("tr") { row in
          row.element("th", ["scope": "col"], "")
          for name in ["last 24 h", "24 h before", "a week ago"] {
            row.element("th", ["scope": "col", "class": "n"], name)
          }
        }
      }
      table.element("tbody") { body in for row in comparison.rows { Self.row(row, &body) } }
    }
  }

  private static func row(_ row: Comparison.Row, _ body: inout HTMLWriter) {
    body.element("tr") { cells in
      cells.element("th", ["scope": "row"], row.name)
      cells.element("td", ["class": "n"], DisplayFormat.number(row.last))
      for other in [row.before, row.weekBefore] {
        cells.element("td", ["class": "n"]) { cell in
          cell.text(other.map(DisplayFormat.number) ?? "–")
          if let other, other > 0 { cell.element("span", ["class": "quiet"], change(from: other, to: row.last)) }
        }
      }
    }
  }

  /// ` (+12%)`.
  private static func change(from other: Int, to last: Int) -> String {
    let percent = Int((Double(last - other) / Double(other) * 100).rounded())
    return " (\(percent < 0 ? "−" : "+")\(DisplayFormat.number(abs(percent)))%)"
  }

  private func spikes(_ page: inout HTMLWriter) {
    let spikes = comparison.spikes(most: Self.mostSpikes)
    guard !spikes.isEmpty else { return }
    page.element("h3", "Spikes of the last week")
    page.element("ul") { list in
      for spike in spikes {
        list.element(
          "li",
          "\(DisplayFormat.moment(spike.start)) UTC: \(DisplayFormat.number(spike.count)) \(spike.name), usually \(DisplayFormat.number(spike.usual)) at this hour"
        )
      }
    }
  }

  private func people(_ title: String, _ texts: FrequentTexts, _ page: inout HTMLWriter) {
    let list = texts.top(top)
    guard !list.isEmpty else { return }
    page.element("div") { side in
      side.element("table") { table in
        table.element("caption", title)
        table.element("tbody") { body in
          for one in list {
            body.element("tr") { row in
              row.element("th", ["scope": "row"]) { $0.foreign(one.text, limit: 120) }
              row.element("td", ["class": "n"], DisplayFormat.number(one.count))
            }
          }
        }
      }
    }
  }
}
