// The newest failed deliveries, one by one.

internal import IntakeCore

struct FailedDelivery {
  var received: Instant
  var status: MailStatus
  var sender: String
  var recipient: String
  var subject: String
}

/// The newest few.
struct NewestFailures {
  let most: Int
  /// Newest first.
  private(set) var list: [FailedDelivery] = []

  init(most: Int) { self.most = most }

  /// Asked before a delivery is put together: most are not among the newest.
  func takes(_ received: Instant) -> Bool {
    list.count < most || list.last.map { $0.received < received } ?? (most > 0)
  }

  mutating func add(_ delivery: FailedDelivery) {
    let place = list.firstIndex { $0.received < delivery.received } ?? list.count
    list.insert(delivery, at: place)
    if list.count > most { list.removeLast() }
  }
}
