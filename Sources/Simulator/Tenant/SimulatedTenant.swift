// A tenant's mail, generated from a seed: any message can be made from its number alone, so nothing is stored but a
// small index for paging.

package import IntakeCore

/// The truth behind both services. The same arguments give the same mail, whatever the machine or the order of calls.
package struct SimulatedTenant: Sendable {
  /// The verified domain, such as `contoso.onmicrosoft.com`: one of the two names that the token endpoint knows.
  package let name: String
  /// Where its people have their mailboxes, such as `contoso.com`.
  package let mailDomain: String
  /// A GUID: the other name.
  package let tenantID: String
  package let seed: UInt64
  package let messages: Int
  /// Received times of the messages: evenly spread, jittered, never decreasing. An empty window puts all mail at one instant.
  package let window: Window
  let knobs: TenantKnobs
  private(set) var index: RowIndex
  /// The knobs and the window in ticks, as every row needs them.
  let usualTicks: Int64
  let maximumTicks: Int64
  let spanTicks: Int64

  /// - Parameter messages: messages, not rows: a message to several recipients has several rows.
  package init(
    seed: UInt64, messages: Int, window: Window, name: String = "contoso.onmicrosoft.com",
    knobs: TenantKnobs = TenantKnobs()
  ) {
    self.seed = seed
    self.messages = max(0, messages)
    self.window = window
    self.name = name
    self.knobs = knobs
    mailDomain = (name.split(separator: ".").first.map(String.init) ?? "contoso") + ".com"
    var random = KeyedRandom(seed, 0x7E4A_4E77)
    tenantID = Self.guid(random.next(), random.next())
    usualTicks = Self.bounded(knobs.usualDelay)
    maximumTicks = Self.bounded(knobs.maximumDelay)
    spanTicks = window.span.ticks
    index = RowIndex()
    index = RowIndex(of: self)
  }

  /// Between nothing and ten years.
  private static func bounded(_ delay: Duration) -> Int64 {
    min(max(delay, .zero), .seconds(3_650 * 86_400)).ticks
  }

  /// Rows ever to be seen.
  package var rowCount: Int { index.rowCount }

  /// From here on nothing appears and nothing changes.
  package var settledAt: Instant { window.end + .ticks(usualTicks + maximumTicks) }

  /// Every row that can be seen at `instant`, with its status then, oldest message first.
  package func truth(at instant: Instant) -> [TrueRow] {
    var rows: [TrueRow] = []
    for number in 0..<messages where received(number) <= instant {
      let message = message(number)
      for recipient in 0..<recipientCount(number) {
        let row = row(message, recipient)
        guard let status = row.status(at: instant) else { continue }
        rows.append(TrueRow(traceID: message.traceID, recipient: row.recipient, status: status.rawValue))
      }
    }
    return rows
  }

  /// All rows of one message, in the order in which they are served.
  package func rows(of number: Int) -> [SimulatedRow] {
    let message = message(number)
    return (0..<recipientCount(number)).map { row(message, $0) }
  }
}

/// How a tenant's mail is mixed. Shares are between 0 and 1.
package struct TenantKnobs: Sendable {
  /// Share of rows that appear late: up to `maximumDelay` after the usual moment.
  package var lateShare: Double
  /// Every row has appeared and has its last status `usualDelay` + `maximumDelay` after it was received.
  package var maximumDelay: Duration
  /// Rows appear between 0 and this after they were received.
  package var usualDelay: Duration
  /// Share of rows whose status changes once or twice.
  package var statusChangeShare: Double
  /// Share of messages to two to five recipients, some of them by way of a distribution list.
  package var multiRecipientShare: Double
  /// Every so many messages one goes to `crowdSize` recipients; 0 for none.
  package var crowdEvery: Int
  package var crowdSize: Int

  package init(
    lateShare: Double = 0.05, maximumDelay: Duration = .seconds(6 * 3_600), usualDelay: Duration = .zero,
    statusChangeShare: Double = 0.1, multiRecipientShare: Double = 0.1, crowdEvery: Int = 0, crowdSize: Int = 500
  ) {
    self.lateShare = lateShare
    self.maximumDelay = maximumDelay
    self.usualDelay = usualDelay
    self.statusChangeShare = statusChangeShare
    self.multiRecipientShare = multiRecipientShare
    self.crowdEvery = crowdEvery
    self.crowdSize = crowdSize
  }

  /// Everything is there at once and stays as it is.
  package static let calm = TenantKnobs(lateShare: 0, maximumDelay: .zero, statusChangeShare: 0)
}
