// Rows to events. Mapping, plan and settings are fixed at start; a page goes in, NDJSON lines are appended to a batch.

package import IntakeCore

/// Maps the rows of pages by one mapping. Holds no state between pages: the same page gives the same lines.
package struct RowNormaliser: Normalising {
  let plan: Plan

  /// Throws for a mapping that cannot be compiled (exit code 78).
  package init(mapping: Mapping, settings: NormaliserSettings) throws(Failure) {
    var compiler = PlanCompiler(mapping, settings)
    plan = try compiler.compile()
  }

  package func normalise(_ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger) {
    normalise(page, created: created, into: &batch, ledger: &ledger, room: 1 << 18)
  }

  /// - Parameter room: by how much the buffer grows at first; doubled where one event needs more.
  func normalise(
    _ page: Page, created: Instant, into batch: inout Batch, ledger: inout some Ledger, room: Int
  ) {
    var bytes: [UInt8] = []
    swap(&bytes, &batch.bytes)
    var room = max(1, room)
    let plan = plan.reading(at: created)
    unsafe withUnsafeTemporaryAllocation(byteCount: PageRun.scratchSize, alignment: 16) { scratchMemory in
      guard let scratchBase = scratchMemory.baseAddress else { return }
      let scratch = unsafe LineWriter(scratchBase, capacity: scratchMemory.count)
      var output = EventOutput(batch: Batch(), line: scratch, scratch: scratch)
      swap(&output.batch, &batch)
      var run = PageRun(from: output.batch.rest ?? RowPosition(row: 0), created: created, nesting: plan.nesting)
      while run.next < page.rows.count, !run.isFull {
        let before = bytes.count
        let (next, element) = (run.next, run.element)
        bytes.makeRoom(room)
        bytes.append(addingCapacity: room) { tail in
          unsafe tail.withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return }
            output.offset = before
            output.line = unsafe LineWriter(base, capacity: buffer.count)
            run.mapRows(page, plan, ledger: &ledger, to: &output)
            count = output.line.count
          }
        }
        if (run.next, run.element) == (next, element) { room *= 2 }
      }
      output.batch.rest = run.isFull ? RowPosition(row: run.next, element: run.element) : nil
      swap(&output.batch, &batch)
    }
    swap(&bytes, &batch.bytes)
  }

  /// Scans the rows without mapping them; how many were whole. A part of the work, for measurements.
  package func scan(_ page: Page) -> Int {
    var scanner = RowScanner()
    let span = unsafe page.bytes.span.bytes
    var count = 0
    for row in page.rows {
      do {
        try scanner.scan(span, row, plan)
        count += 1
      } catch { continue }
    }
    return count
  }
}

extension [UInt8] {
  /// Makes room for so many bytes as appending does, by doubling, but not beyond a whole batch: its last doubling would
  /// cost as much memory as two more batches.
  fileprivate mutating func makeRoom(_ room: Int) {
    guard capacity - count < room else { return }
    reserveCapacity(Swift.max(count + room, Swift.min(2 * capacity, Batch.most + room)))
  }
}
