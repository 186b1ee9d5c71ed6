// Generates the values of a message from its number. Each aspect has its own stream of random numbers, so that counting
// rows or reading a time does not generate the text.

internal import IntakeCore

extension SimulatedTenant {
  private enum Aspect: UInt64 {
    case time = 1
    case recipients, identity, text, fate
  }

  private func random(_ aspect: Aspect, _ number: Int, _ recipient: Int = 0) -> KeyedRandom {
    KeyedRandom(seed, aspect.rawValue << 32 | UInt64(truncatingIfNeeded: recipient), UInt64(truncatingIfNeeded: number))
  }

  /// Never decreases with the number.
  func received(_ number: Int) -> Instant {
    let count = Int64(max(1, messages))
    let step = spanTicks / count
    let offset = step * Int64(number) + spanTicks % count * Int64(number) / count
    var random = random(.time, number)
    return Instant(ticks: window.start.ticks + offset + random.below(step))
  }

  func recipientCount(_ number: Int) -> Int {
    if knobs.crowdEvery > 0, number % knobs.crowdEvery == knobs.crowdEvery / 2 { return max(1, knobs.crowdSize) }
    var random = random(.recipients, number)
    return random.chance(knobs.multiRecipientShare) ? 2 + random.below(4) : 1
  }

  func traceWords(_ number: Int) -> (UInt64, UInt64) {
    var random = random(.identity, number)
    return (random.next(), random.next())
  }

  /// When the row is seen first.
  func visibleAt(_ number: Int, _ recipient: Int) -> Instant {
    var random = random(.fate, number, recipient)
    return visibleAt(received(number), &random)
  }

  private func visibleAt(_ received: Instant, _ random: inout KeyedRandom) -> Instant {
    let usual = random.below(usualTicks &+ 1)
    let late = random.chance(knobs.lateShare)
    let delay = random.below(maximumTicks &+ 1)
    return Instant(ticks: received.ticks + usual + (late ? delay : 0))
  }

  func message(_ number: Int) -> SimulatedMessage {
    let words = traceWords(number)
    var random = random(.text, number)
    let kind = kind(&random)
    let host = kind == .inbound ? "mail.example" : "eurp250.prod.outlook.com"
    let person = random.below(Self.people)
    return SimulatedMessage(
      index: number, kind: kind, traceID: Self.guid(words.0, words.1), received: received(number),
      messageID: random.chance(0.002) ? nil : "<\(String(random.next(), radix: 16)).\(number)@\(host)>",
      sender: sender(kind, person), subject: SimulatedNames.subject(&random),
      fromIP: kind == .bounce ? "255.255.255.255" : SimulatedNames.address(&random))
  }

  func row(_ message: SimulatedMessage, _ recipient: Int) -> SimulatedRow {
    var random = random(.fate, message.index, recipient)
    let visible = visibleAt(message.received, &random)
    let several = recipientCount(message.index) > 1
    let list = several && recipient == 0 && traceWords(message.index).0 % 4 == 0
    let timeline = timeline(from: visible, received: message.received, list: list, &random)
    return SimulatedRow(
      message: message, recipient: recipientAddress(message, recipient, list: list),
      toIP: message.kind == .outbound ? SimulatedNames.address(&random) : nil,
      size: random.chance(0.005) ? 0 : 2_000 + random.below(200_000), timeline: timeline)
  }

  private func timeline(
    from visible: Instant, received: Instant, list: Bool, _ random: inout KeyedRandom
  ) -> [SimulatedRow.Change] {
    guard !list else { return [.init(at: visible, status: .expanded)] }
    guard random.chance(knobs.statusChangeShare) else { return [.init(at: visible, status: Self.usualStatus(&random))] }
    let course = Self.courses[random.below(Self.courses.count)]
    let last = Instant(ticks: received.ticks + usualTicks + maximumTicks)
    var at = visible
    return course.map { status in
      defer { at = at + .ticks(1 + random.below((last - at).ticks)) }
      return .init(at: min(at, last), status: status)
    }
  }

  private static func usualStatus(_ random: inout KeyedRandom) -> SimulatedStatus {
    switch random.below(100) {
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

  private func kind(_ random: inout KeyedRandom) -> SimulatedMessage.Kind {
    switch random.below(100) {
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
