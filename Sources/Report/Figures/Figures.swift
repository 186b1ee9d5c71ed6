// The counts of a report: one pass over the events in bounded memory.

internal import IntakeCore

struct Figures {
  private(set) var lines = 0
  private(set) var invalid = 0
  /// Objects without any of the names that events of the profiles ecs, sekoia, cim and udm-flat have.
  private(set) var foreign = 0
  private(set) var unmapped = 0
  private(set) var details = 0
  private(set) var mail = 0
  private(set) var withoutTime = 0
  private(set) var statuses = [Int](repeating: 0, count: MailStatus.allCases.count)
  private(set) var directions = [Int](repeating: 0, count: MailDirection.allCases.count)
  private(set) var oldest: Instant?
  private(set) var newest: Instant?
  private(set) var timeline = Timeline()
  private(set) var lateness = Lateness()
  /// Mail received before the first row was read: late by the first pass, which looks back, and not by the service.
  private(set) var beforeFirstPass = 0
  private var began: Instant?
  private(set) var senders = FrequentTexts()
  private(set) var recipients = FrequentTexts()
  private(set) var senderDomains = FrequentTexts()
  private(set) var recipientDomains = FrequentTexts()
  private(set) var withoutSender = 0
  /// Of mail that failed or was quarantined: the side that is not the tenant's own.
  private(set) var failedSenders = FrequentTexts(capacity: 16_384)
  private(set) var failedRecipients = FrequentTexts(capacity: 16_384)
  private(set) var tenants = FrequentTexts(capacity: 1_024)
  private(set) var reasons = FrequentTexts(capacity: 4_096)
  private(set) var newestFailures: NewestFailures

  private var line = EventLine()
  private var address: [UInt8] = []

  init(newestFailures: Int) { self.newestFailures = NewestFailures(most: newestFailures) }

  /// - Parameter isWhole: false for a line that was too long to keep.
  mutating func take(_ span: RawSpan, isWhole: Bool) {
    lines += 1
    do throws(JSONFault) {
      guard isWhole else { throw JSONFault(0, .unexpectedEnd) }
      try line.find(in: span)
    } catch {
      invalid += 1
      return
    }
    if !line.isEvent {
      foreign += 1
    } else if [.kind, .action].contains(where: { isError(line[$0], span) }) {
      unmapped += 1
    } else if isDetail(span) {
      takeDetail(span)
    } else {
      takeMail(span)
    }
  }

  /// A row that could not be mapped says so in its kind; without one, in cim and udm-flat, in its status.
  private func isError(_ piece: EventLine.Piece?, _ span: RawSpan) -> Bool {
    piece.map { span.matches($0.range.lowerBound, "pipeline_error\"") } ?? false
  }

  /// Delivery events have a data set of their own: `o365.message_trace_detail`.
  private func isDetail(_ span: RawSpan) -> Bool {
    guard let set = line[.dataset] else { return false }
    return span.matches(set.range.upperBound - 7, "_detail\"")
  }

  private mutating func takeMail(_ span: RawSpan) {
    mail += 1
    let status = MailStatus.named(span, line[.action])
    statuses[status.rawValue] += 1
    let direction = MailDirection.named(span, line[.direction])
    directions[direction.rawValue] += 1
    let hasFailed = status == .failed || status == .quarantined
    addTenant(span)
    if let received = line.instant(.timestamp, span) {
      takeTime(received, status, span)
    } else {
      withoutTime += 1
    }
    if load(.sender, span) {
      senders.add(address, 0..<address.count)
      if hasFailed, direction.hasOutsideSender { failedSenders.add(address, 0..<address.count) }
      if let domain { senderDomains.add(address, domain) }
    } else {
      withoutSender += 1
    }
    if load(.recipient, span) {
      recipients.add(address, 0..<address.count)
      if hasFailed, direction.hasOutsideRecipient { failedRecipients.add(address, 0..<address.count) }
      if let domain { recipientDomains.add(address, domain) }
    }
  }

  private mutating func takeTime(_ received: Instant, _ status: MailStatus, _ span: RawSpan) {
    oldest = min(oldest ?? received, received)
    newest = max(newest ?? received, received)
    timeline.add(received, status)
    if let read = line.instant(.created, span) {
      let began = min(began ?? read, read)
      self.began = began
      if received < began { beforeFirstPass += 1 } else { lateness.add(received: received, read: read) }
    }
    guard MailStatus.failures.contains(status), newestFailures.takes(received) else { return }
    newestFailures.add(
      FailedDelivery(
        received: received, status: status, sender: line.text(.sender, span) ?? "",
        recipient: line.text(.recipient, span) ?? "", subject: line.text(.subject, span) ?? ""))
  }

  /// The steps that decide a delivery's fate, with the reason that they give.
  private mutating func takeDetail(_ span: RawSpan) {
    details += 1
    guard let action = line[.action]?.range else { return }
    if span.spells(action, "fail") || span.spells(action, "drop") {
      reasons.add(FailureReason.short(line.text(.message, span) ?? ""))
    } else if span.spells(action, "spam") {
      reasons.add("marked as spam")
    } else if span.spells(action, "malware") {
      reasons.add("malware found")
    } else if span.spells(action, "quarantine") {
      reasons.add("quarantined")
    }
  }

  private mutating func addTenant(_ span: RawSpan) {
    guard let name = line.tenant, !name.isEscaped else { return }
    address.removeAll(keepingCapacity: true)
    unsafe span.extracting(name.range).withUnsafeBytes { unsafe address.append(contentsOf: $0) }
    tenants.add(address, 0..<address.count)
  }

  /// Puts an address into `address`, ASCII letters lower-cased so that all its spellings count together; false if empty.
  private mutating func load(_ field: EventLine.Field, _ span: RawSpan) -> Bool {
    address.removeAll(keepingCapacity: true)
    guard let piece = line[field] else { return false }
    if piece.isEscaped {
      address.append(contentsOf: Array((line.text(field, span) ?? "").utf8))
    } else {
      unsafe span.extracting(piece.range).withUnsafeBytes { unsafe address.append(contentsOf: $0) }
    }
    for index in address.indices where address[index] &- 0x41 <= 25 { address[index] |= 0x20 }
    return !address.isEmpty
  }

  /// The part of `address` after its last @.
  private var domain: Range<Int>? {
    guard let at = address.lastIndex(of: 0x40), at + 1 < address.count else { return nil }
    return (at + 1)..<address.count
  }
}

extension Figures {
  func count(_ status: MailStatus) -> Int { statuses[status.rawValue] }

  /// Mail that did not reach its recipient.
  var failures: Int { MailStatus.failures.reduce(0) { $0 + count($1) } }
}
