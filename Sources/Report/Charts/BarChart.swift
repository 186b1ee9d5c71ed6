// Horizontal bars: label above, bar below, value at its end; and the table with the same numbers.

internal import IntakeCore

struct BarChart {
  struct Bar {
    var label: String
    var count: Int
    /// Style class of color and hatching; nil for the plain one.
    var style: String?
    /// True for a label that others wrote.
    var isForeign = false
    /// Said behind the label, quietly.
    var note: String?
  }

  private static let width = 480.0
  private static let longestBar = 350.0
  private static let rowHeight = 41.0
  /// Letters of a label that fit above a bar, wide ones counted twice.
  private static let labelColumns = 62

  var title: String
  var description: String
  /// Heading of the table's first column.
  var heading: String
  var bars: [Bar]
  /// What a share is taken of; nil for the sum of the bars.
  var whole: Int?

  private var total: Int { whole ?? bars.reduce(0) { $0 + $1.count } }

  func write(_ page: inout HTMLWriter) {
    page.element("figure") { figure in
      picture(&figure)
      table(&figure)
    }
  }

  private func picture(_ page: inout HTMLWriter) {
    let height = Double(bars.count) * Self.rowHeight + 2
    page.picture("bars", width: Self.width, height: height, title: title, description: description) { svg in
      let most = max(1, bars.map(\.count).max() ?? 1)
      for (index, bar) in bars.enumerated() {
        draw(bar, at: Double(index) * Self.rowHeight, most: most, &svg)
      }
    }
  }

  private func draw(_ bar: Bar, at top: Double, most: Int, _ svg: inout HTMLWriter) {
    let length = bar.count == 0 ? 0 : max(1.5, Double(bar.count) / Double(most) * Self.longestBar)
    svg.element("g") { row in
      row.element("title", "\(shown(bar)): \(DisplayFormat.number(bar.count))")
      row.element("text", ["class": "label", "x": "0", "y": DisplayFormat.decimal(top + 14)]) { text in
        let label = Self.fitted(shown(bar), to: Self.labelColumns)
        text.element("tspan", ["class": "own"], label)
        if let note = bar.note, label.count + note.utf8.count < Self.labelColumns {
          text.element("tspan", ["class": "quiet", "dx": "6"], note)
        }
      }
      row.empty(
        "rect",
        [
          "class": bar.style ?? "plain", "x": "0", "y": DisplayFormat.decimal(top + 20), "height": "11",
          "width": DisplayFormat.decimal(length),
        ])
      row.element(
        "text", ["class": "value", "x": DisplayFormat.decimal(length + 6), "y": DisplayFormat.decimal(top + 30)]
      ) {
        $0.text(DisplayFormat.number(bar.count))
        $0.element("tspan", ["class": "quiet", "dx": "6"], DisplayFormat.share(bar.count, of: total))
      }
    }
  }

  private func table(_ page: inout HTMLWriter) {
    page.element("details") { details in
      details.element("summary", "Numbers")
      details.element("div", ["class": "scroll"]) { scroll in
        scroll.element("table") { table in
          table.element("caption", title)
          table.element("thead") { head in
            head.element("tr") { row in
              row.element("th", ["scope": "col"], heading)
              row.element("th", ["scope": "col", "class": "n"], "Count")
              row.element("th", ["scope": "col", "class": "n"], "Share")
            }
          }
          table.element("tbody") { body in for bar in bars { tableRow(bar, &body) } }
        }
      }
    }
  }

  private func tableRow(_ bar: Bar, _ body: inout HTMLWriter) {
    body.element("tr") { row in
      row.element("th", ["scope": "row"]) { cell in
        if bar.isForeign { cell.foreign(bar.label) } else { cell.text(bar.label) }
        if let note = bar.note { cell.element("span", ["class": "quiet"], " \(note)") }
      }
      row.element("td", ["class": "n"], DisplayFormat.number(bar.count))
      row.element("td", ["class": "n"], DisplayFormat.share(bar.count, of: total))
    }
  }

  private func shown(_ bar: Bar) -> String { bar.isForeign ? HTMLWriter.visible(bar.label) : bar.label }

  /// Cut in the middle: both ends of an address say more than its middle.
  static func fitted(_ text: String, to columns: Int) -> String {
    let letters = Array(text)
    guard width(letters[...]) > columns else { return text }
    var head = 0
    var tail = letters.count
    var used = 1
    while head < tail {
      let isHead = head <= letters.count - tail
      let next = width(letters[(isHead ? head : tail - 1)...(isHead ? head : tail - 1)])
      guard used + next <= columns else { break }
      used += next
      if isHead { head += 1 } else { tail -= 1 }
    }
    return String(letters[..<head]) + "…" + String(letters[tail...])
  }

  /// In columns of a narrow letter; characters after the Latin, Greek and Cyrillic blocks count as wide.
  private static func width(_ letters: ArraySlice<Character>) -> Int {
    letters.reduce(0) { $0 + ($1.unicodeScalars.first.map { $0.value < 0x600 ? 1 : 2 } ?? 0) }
  }
}
