// From a message's number to its values. Each aspect has its own stream of random numbers, so that counting rows or asking
// for a time does not make the text.

internal import IntakeCore

extension SimulatedTenant {
  private enum Aspect: UInt64 {
    case time = 1
    case recipients, identity, text, fate
  }

  private func dice(_ aspect: Aspect, _ number: Int, _ recipient: Int = 0) -> Dice {
    Dice(seed, aspect.rawValue << 32 | UInt64(truncatingIfNeeded: recipient), UInt64(truncatingIfNeeded: number))
  }

  /// Never decreases with the number.
  func received(_ number: Int) -> Instant {
    let count = Int64(max(1, messages))
    let step = spanTicks / count
    let offset = step * Int64(number) + spanTicks % count * Int64(number) / count
    var dice = dice(.time, number)
    return Instant(ticks: window.start.ticks + offset + dice.below(step))
  }

  func recipientCount(_ number: Int) -> Int {
    if knobs.crowdEvery > 0, number % knobs.crowdEvery == knobs.crowdEvery / 2 { return max(1, knobs.crowdSize) }
    var dice = dice(.recipients, number)
    return dice.chance(knobs.multiRecipientShare) ? 2 + dice.below(4) : 1
  }

  func traceWords(_ number: Int) -> (UInt64, UInt64) {
    var dice = dice(.identity, number)
    return (dice.next(), dice.next())
  }

  /// When the row is seen first.
  func visibleAt(_ number: Int, _ recipient: Int) -> Instant {
    var dice = dice(.fate, number, recipient)
    return visibleAt(received(number), &dice)
  }

  private func visibleAt(_ received: Instant, _ dice: inout Dice) -> Instant {
    let usual = dice.below(usualTicks &+ 1)
    let late = dice.chance(knobs.lateShare)
    let delay = dice.below(maximumTicks &+ 1)
    return Instant(ticks: received.ticks + usual + (late ? delay : 0))
  }

  func message(_ number: Int) -> SimulatedMessage {
    let words = traceWords(number)
    var dice = dice(.text, number)
    let kind = kind(&dice)
    let host = kind == .inbound ? "mail.example" : "eurp250.prod.outlook.com"
    let person = dice.below(Self.people)
    return SimulatedMessage(
      index: number, kind: kind, traceID: Self.guid(words.0, words.1), received: received(number),
      messageID: dice.chance(0.002) ? nil : "<\(String(dice.next(), radix: 16)).\(number)@\(host)>",
      sender: sender(kind, person), subject: SimulatedNames.subject(&dice),
      fromIP: kind == .bounce ? "255.255.255.255" : SimulatedNames.address(&dice))
  }

  func row(_ message: SimulatedMessage, _ recipient: Int) -> SimulatedRow {
    var dice = dice(.fate, message.index, recipient)
    let visible = visibleAt(message.received, &dice)
    let several = recipientCount(message.index) > 1
    let list = several && recipient == 0 && traceWords(message.index).0 % 4 == 0
    let timeline = timeline(from: visible, received: message.received, list: list, &dice)
    return SimulatedRow(
      message: message, recipient: recipientAddress(message, recipient, list: list),
      toIP: message.kind == .outbound ? SimulatedNames.address(&dice) : nil,
      size: dice.chance(0.005) ? 0 : 2_000 + dice.below(200_000), timeline: timeline)
  }

  private func timeline(
    from visible: Instant, received: Instant, list: Bool, _ dice: inout Dice
  ) -> [SimulatedRow.Change] {
    guard !list else { return [.init(at: visible, status: .expanded)] }
    guard dice.chance(knobs.statusChangeShare) else { return [.init(at: visible, status: Self.usualStatus(&dice))] }
    let course = Self.courses[dice.below(Self.courses.count)]
    let last = Instant(ticks: received.ticks + usualTicks + maximumTicks)
    var at = visible
    return course.map { status in
      defer { at = at + .ticks(1 + dice.below((last - at).ticks)) }
      return .init(at: min(at, last), status: status)
    }
  }

  private static func usualStatus(_ dice: inout Dice) -> SimulatedStatus {
    switch dice.below(100) {
    case 0..<3: .failed
    case 3..<6: .filteredAsSpam
    case 6..<8: .quarantined
    case 8: .pending
    default: .delivered
    }
  }

  private static let courses: [[SimulatedStatus]] = [
    [.gettingStatus, .delivered], [.pending, .delivered], [.pending, .failed], [.gettingStatus, .pending, .delivered],
    [.quarantined, .delivered], [.delivered, .recalled], [.gettingStatus, .filteredAsSpam],
  ]

  private func kind(_ dice: inout Dice) -> SimulatedMessage.Kind {
    switch dice.below(100) {
    case 0..<50: .inbound
    case 50..<75: .outbound
    case 75..<95: .within
    default: .bounce
    }
  }

  private func sender(_ kind: SimulatedMessage.Kind, _ person: Int) -> String {
    switch kind {
    case .inbound: SimulatedNames.foreignAddress(person)
    case .outbound, .within: "\(SimulatedNames.localPart(person))@\(mailDomain)"
    case .bounce: "<>"
    }
  }

  private func recipientAddress(_ message: SimulatedMessage, _ recipient: Int, list: Bool) -> String {
    guard !list else { return "all-staff\(message.index % 7)@\(mailDomain)" }
    let population = max(Self.people, knobs.crowdSize)
    let first = Int(truncatingIfNeeded: traceWords(message.index).1 >> 33) % population
    let person = (first + recipient) % population
    return message.kind == .outbound
      ? SimulatedNames.foreignAddress(person) : "\(SimulatedNames.localPart(person))@\(mailDomain)"
  }

  private static var people: Int { 2_000 }

  /// Two words as a GUID in lower case.
  static func guid(_ high: UInt64, _ low: UInt64) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for position in 0..<32 {
      if position == 8 || position == 12 || position == 16 || position == 20 { text.append(UInt8(ascii: "-")) }
      let word = position < 16 ? high : low
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - position % 16 * 4)) & 15
      text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
