// The tables without a chart: failed deliveries and totals.

internal import IntakeCore

/// Deliveries one by one, newest first.
struct FailureTable {
  let list: [FailedDelivery]

  func write(_ page: inout HTMLWriter) {
    page.element("div", ["class": "scroll"]) { scroll in
      scroll.element("table", ["class": "wide"]) { table in
        table.element("thead") { head in
          head.element("tr") { row in
            for name in ["Received (UTC)", "Status", "Sender", "Recipient", "Subject"] {
              row.element("th", ["scope": "col"], name)
            }
          }
        }
        table.element("tbody") { body in for failure in list { Self.row(failure, &body) } }
      }
    }
  }

  private static func row(_ failure: FailedDelivery, _ body: inout HTMLWriter) {
    body.element("tr") { row in
      row.element("td", ["class": "t"], DisplayFormat.moment(failure.received))
      row.element("td", ["class": "t"], failure.status.shortLabel)
      row.element("td") { $0.foreign(failure.sender, limit: 120) }
      row.element("td") { $0.foreign(failure.recipient, limit: 120) }
      row.element("td") { $0.foreign(failure.subject, limit: 160) }
    }
  }
}

/// How much of the files went into the pictures, and what did not.
struct CountTable {
  let figures: Figures
  /// Mail with times that are not drawn.
  let leftOut: Int

  func write(_ page: inout HTMLWriter) {
    page.element("table") { table in
      table.element("tbody") { body in
        for (name, count) in lines where count > 0 || name == "lines read" {
          body.element("tr") { row in
            row.element("th", ["scope": "row"], name)
            row.element("td", ["class": "n"], DisplayFormat.number(count))
          }
        }
      }
    }
  }

  private var lines: [(String, Int)] {
    [
      ("lines read", figures.lines), ("mail: one for each message, recipient and status", figures.mail),
      ("delivery events", figures.details), ("rows that could not be mapped (pipeline_error)", figures.unmapped),
      ("invalid lines (not JSON objects), not counted elsewhere", figures.invalid),
      ("mail without a time (not charted)", figures.withoutTime),
      ("mail with an outlying time (not charted)", leftOut),
      ("mail without a sender, such as bounces", figures.withoutSender),
    ]
  }
}
