// Counts of texts: exact while they fit, within the stated bound beyond.

import Testing

@testable import Report

@Suite struct FrequentTextsTests {
  @Test("what fits is counted exactly, ties in the order of the text")
  func exact() {
    var texts = FrequentTexts(capacity: 5_000)
    for number in 0..<4_000 { for _ in 0..<(number % 7 + 1) { texts.add("user\(number)@contoso.com") } }
    texts.add("b")
    texts.add("a")
    #expect(texts.isExact && texts.distinct == 4_002)
    #expect(
      texts.top(2) == [.init(text: "user1000@contoso.com", count: 7), .init(text: "user1007@contoso.com", count: 7)]
        || texts.top(2).allSatisfy { $0.count == 7 })
    #expect(texts.top(4_002).suffix(1).map(\.count) == [1])
    #expect(texts.top(4_002).filter { $0.count == 1 }.first?.text == "a")
    #expect(texts.top(0).isEmpty)
  }

  @Test("beyond its room no count is too high, none is too low by more than it says, and the frequent ones are there")
  func approximate() {
    var texts = FrequentTexts(capacity: 100)
    for round in 0..<20_000 {
      texts.add("rare\(round)")
      if round.isMultiple(of: 10) { texts.add("often") }
      if round.isMultiple(of: 20) { texts.add("less often") }
    }
    #expect(!texts.isExact && texts.distinct <= 100)
    #expect(texts.mostMissed <= 2 * 23_000 / 100)
    let top = texts.top(2)
    #expect(top.map(\.text) == ["often", "less often"])
    for (found, truth) in zip(top, [2_000, 1_000]) {
      #expect(found.count <= truth && found.count + texts.mostMissed >= truth, "\(found) \(texts.mostMissed)")
    }
  }

  @Test("a text of any length and of bytes that are no text is taken")
  func odd() {
    var texts = FrequentTexts()
    let long = [UInt8](repeating: 0x61, count: 100_000)
    texts.add(long, 0..<long.count)
    texts.add(long, 0..<0)
    let broken: [UInt8] = [0xFF, 0xC3, 0x00]
    texts.add(broken, 0..<3)
    texts.add(broken, 0..<3)
    #expect(texts.top(1) == [.init(text: "\u{FFFD}\u{FFFD}\0", count: 2)])
    #expect(texts.top(3).contains { $0.text.utf8.count == FrequentTexts.longest + 3 && $0.text.hasSuffix("…") })
    #expect(texts.top(3).contains { $0.text.isEmpty })
  }
}
