// Delivery events from the legacy service: MessageTraceDetail.

package import IntakeCore

extension ReportingSource: DetailedSearching {
  package var detailsNeedRow: Bool { true }

  package func details(_ key: DetailsKey) async throws(Failure) -> [DetailsStep] {
    let received = key.received ?? client.time.now()
    let window = Window(
      start: received - .seconds(3_600), end: min(max(client.time.now(), received), received + .seconds(9 * 86_400)))
    var steps: [DetailsStep] = []
    var visited: Set<PageCursor> = []
    var cursor: PageCursor?
    repeat {
      let page = try await details(
        of: key.traceID, recipient: key.recipient, sender: key.sender.isEmpty ? nil : key.sender, in: window,
        after: cursor)
      steps += DetailsStep.steps(of: page, key)
      guard let next = page.next, visited.insert(next).inserted, visited.count < DetailsLimit.pages else {
        return steps
      }
      cursor = next
    } while true
  }
}
