// Stacked columns over time, with a legend and the table with the same numbers.

internal import IntakeCore

struct ColumnChart {
  private static let width = 1_000.0
  private static let plotLeft = 52.0
  private static let plotTop = 10.0
  private static let plotBottom = 230.0
  private static let height = 262.0

  var title: String
  var description: String
  var drawing: Timeline.Drawing
  /// From the bottom of the stack to its top.
  var statuses: [MailStatus]

  private var isHourly: Bool { drawing.step == .seconds(3_600) }
  private var step: Double { (Self.width - Self.plotLeft) / Double(max(1, drawing.columns.count)) }
  private var scale: ValueScale { ValueScale(most: drawing.columns.map(sum).max() ?? 0) }

  func write(_ page: inout HTMLWriter) {
    page.element("figure") { figure in
      legend(&figure)
      // Where it does not fit, as on a phone, its newest end is in view.
      figure.element("div", ["class": "scroll newest"]) { picture(&$0) }
      table(&figure)
    }
  }

  private func sum(_ column: Timeline.Column) -> Int { statuses.reduce(0) { $0 + column.count($1) } }

  /// Only what occurs.
  private var shown: [MailStatus] {
    statuses.filter { status in drawing.columns.contains { $0.count(status) > 0 } }
  }

  private func legend(_ page: inout HTMLWriter) {
    page.element("p", ["class": "legend"]) { legend in
      for status in shown {
        legend.element("span", ["class": "key"]) { key in
          key.element(
            "svg",
            [
              "xmlns": "http://www.w3.org/2000/svg", "width": "18", "height": "12", "viewBox": "0 0 18 12",
              "aria-hidden": "true",
            ]
          ) { $0.empty("rect", ["class": status.style, "width": "18", "height": "12"]) }
          key.text(status.label)
        }
      }
    }
  }

  private func picture(_ page: inout HTMLWriter) {
    page.picture("columns", width: Self.width, height: Self.height, title: title, description: description) { svg in
      grid(&svg)
      for (index, column) in drawing.columns.enumerated() where sum(column) > 0 { draw(column, index, &svg) }
      svg.empty(
        "line",
        [
          "class": "base", "x1": DisplayFormat.decimal(Self.plotLeft), "x2": DisplayFormat.decimal(Self.width),
          "y1": DisplayFormat.decimal(Self.plotBottom), "y2": DisplayFormat.decimal(Self.plotBottom),
        ])
      times(&svg)
    }
  }

  private func grid(_ svg: inout HTMLWriter) {
    for value in scale.ticks where value > 0 {
      let y = DisplayFormat.decimal(Self.plotBottom - height(value))
      svg.empty(
        "line",
        [
          "class": "grid", "x1": DisplayFormat.decimal(Self.plotLeft), "x2": DisplayFormat.decimal(Self.width), "y1": y,
          "y2": y,
        ])
      svg.element(
        "text",
        ["class": "axis end", "x": DisplayFormat.decimal(Self.plotLeft - 6), "y": y, "dy": "4"],
        DisplayFormat.number(value))
    }
  }

  private func height(_ count: Int) -> Double {
    Double(count) / Double(max(1, scale.top)) * (Self.plotBottom - Self.plotTop)
  }

  private func draw(_ column: Timeline.Column, _ index: Int, _ svg: inout HTMLWriter) {
    let gap = step > 12 ? 2.0 : step > 5 ? 1 : step > 3 ? 0.5 : 0
    let left = DisplayFormat.decimal(Self.plotLeft + Double(index) * step)
    svg.element("g") { group in
      group.element("title", label(column))
      var below = 0
      for status in statuses where column.count(status) > 0 {
        let bottom = height(below)
        below += column.count(status)
        let size = max(0.8, height(below) - bottom)
        group.empty(
          "rect",
          [
            "class": status.style, "x": left, "y": DisplayFormat.decimal(Self.plotBottom - bottom - size),
            "width": DisplayFormat.decimal(max(0.8, step - gap)), "height": DisplayFormat.decimal(size),
          ])
      }
    }
  }

  private func label(_ column: Timeline.Column) -> String {
    let parts = statuses.filter { column.count($0) > 0 }.map { status in
      "\(DisplayFormat.number(column.count(status))) \(status.shortLabel)"
    }
    return "\(name(column)): \(parts.joined(separator: ", "))"
  }

  private func name(_ column: Timeline.Column) -> String {
    isHourly ? DisplayFormat.moment(column.start) : DisplayFormat.date(column.start)
  }

  /// Labels far enough apart, at hours and days that people count in.
  private func times(_ svg: inout HTMLWriter) {
    let hours = drawing.step.components.seconds / 3_600
    let steps: [Int64] = [1, 3, 6, 12, 24, 48, 168, 336, 672, 1_344, 2_688].filter { $0 >= hours }
    let every = steps.first { Double($0 / hours) * step >= 68 } ?? 5_376
    for (index, column) in drawing.columns.enumerated() {
      let hour = column.start.ticks / (3_600 * Instant.perSecond)
      // Weeks begin on Mondays: the first after 1970-01-01 came 96 hours later.
      guard (hour - (every >= 168 ? 96 : 0)) % every == 0 else { continue }
      let x = Self.plotLeft + Double(index) * step
      guard x < Self.width - 44 else { continue }
      svg.empty(
        "line",
        [
          "class": "base", "x1": DisplayFormat.decimal(x), "x2": DisplayFormat.decimal(x),
          "y1": DisplayFormat.decimal(Self.plotBottom), "y2": DisplayFormat.decimal(Self.plotBottom + 6),
        ])
      let isDate = every >= 24 || DisplayFormat.hour(column.start) == 0
      svg.element(
        "text", ["class": isDate ? "axis day" : "axis", "x": DisplayFormat.decimal(x), "y": "250"],
        isDate ? DisplayFormat.shortDate(column.start) : DisplayFormat.clock(column.start))
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
              row.element("th", ["scope": "col"], isHourly ? "Hour from (UTC)" : "Day (UTC)")
              for status in shown { row.element("th", ["scope": "col", "class": "n"], status.shortLabel) }
              row.element("th", ["scope": "col", "class": "n"], "all")
            }
          }
          table.element("tbody") { body in for column in drawing.columns { tableRow(column, &body) } }
        }
      }
    }
  }

  private func tableRow(_ column: Timeline.Column, _ body: inout HTMLWriter) {
    body.element("tr") { row in
      row.element("th", ["scope": "row"], name(column))
      for status in shown { row.element("td", ["class": "n"], DisplayFormat.number(column.count(status))) }
      row.element("td", ["class": "n"], DisplayFormat.number(sum(column)))
    }
  }
}

/// Round numbers from 0 to just above the greatest value.
struct ValueScale {
  let ticks: [Int]
  var top: Int { ticks.last ?? 1 }

  init(most: Int) {
    let most = max(1, min(most, Int.max / 100))
    var size = 1
    var step = 1
    search: while true {
      for factor in [1, 2, 5] {
        step = factor * size
        if most <= step * 5 { break search }
      }
      size *= 10
    }
    ticks = (0...((most + step - 1) / step)).map { $0 * step }
  }
}
