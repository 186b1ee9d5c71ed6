// Finds visible rows by time and by number.

internal import IntakeCore

/// Counts over blocks of messages, so that a deep page need not read every row before it.
struct RowIndex: Sendable {
  static let blockSize = 256
  private(set) var rowCount = 0
  /// Rows in each block, and the instant from which all of them can be seen.
  private(set) var blocks: [(rows: Int, visibleFrom: Instant)] = []

  init() {}

  init(of tenant: SimulatedTenant) {
    for start in stride(from: 0, to: tenant.messages, by: Self.blockSize) {
      var block = (rows: 0, visibleFrom: Instant.earliest)
      for number in start..<min(start + Self.blockSize, tenant.messages) {
        let count = tenant.recipientCount(number)
        block.rows += count
        for recipient in 0..<count {
          block.visibleFrom = max(block.visibleFrom, tenant.visibleAt(number, recipient))
        }
      }
      rowCount += block.rows
      blocks.append(block)
    }
  }
}

/// A row by message number and number among the message's recipients.
struct RowPosition: Hashable, Sendable {
  var message: Int
  var recipient: Int
}

/// Goes over the rows of a span of messages that can be seen at one instant.
///
/// Messages newest first (or oldest first), recipients of a message always in their own order.
struct RowWalk {
  let tenant: SimulatedTenant
  let range: Range<Int>
  let ascending: Bool
  let now: Instant
  /// The next place to read, which need not be visible.
  private(set) var position: RowPosition

  init(_ tenant: SimulatedTenant, _ range: Range<Int>, ascending: Bool, now: Instant, from position: RowPosition? = nil)
  {
    self.tenant = tenant
    self.range = range
    self.ascending = ascending
    self.now = now
    self.position = position ?? RowPosition(message: ascending ? range.lowerBound : range.upperBound - 1, recipient: 0)
  }

  mutating func next() -> RowPosition? {
    while range.contains(position.message) {
      guard !passMessageIfDone() else { continue }
      let here = position
      position.recipient += 1
      if tenant.visibleAt(here.message, here.recipient) <= now { return here }
    }
    return nil
  }

  /// True if the message here had no more recipients: then the next message is here.
  @discardableResult
  private mutating func passMessageIfDone() -> Bool {
    guard range.contains(position.message), position.recipient >= tenant.recipientCount(position.message) else {
      return false
    }
    position = RowPosition(message: position.message + (ascending ? 1 : -1), recipient: 0)
    return true
  }

  /// Passes over so many visible rows.
  mutating func skip(_ count: Int) {
    var left = count
    while left > 0 {
      passMessageIfDone()
      if let rows = wholeBlock(), rows <= left {
        left -= rows
        position.message += ascending ? RowIndex.blockSize : -RowIndex.blockSize
      } else if next() == nil {
        return
      } else {
        left -= 1
      }
    }
  }

  /// Rows of the block that begins here, if all of it is in the range and visible.
  private func wholeBlock() -> Int? {
    let size = RowIndex.blockSize
    guard position.recipient == 0, range.contains(position.message),
      position.message % size == (ascending ? 0 : size - 1)
    else { return nil }
    let number = position.message / size
    guard number < tenant.index.blocks.count, range.contains(number * size), range.contains(number * size + size - 1)
    else { return nil }
    let block = tenant.index.blocks[number]
    return block.visibleFrom <= now ? block.rows : nil
  }
}

extension SimulatedTenant {
  /// The messages received between two instants, both inclusive.
  func messages(from start: Instant, through end: Instant) -> Range<Int> {
    let lower = firstMessage { $0 >= start }
    return lower..<max(lower, firstMessage { $0 > end })
  }

  private func firstMessage(where reached: (Instant) -> Bool) -> Int {
    var low = 0
    var high = messages
    while low < high {
      let middle = (low + high) / 2
      if reached(received(middle)) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
