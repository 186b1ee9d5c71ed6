// Numbers, shares and times as a page spells them.

internal import IntakeCore
import Testing

@testable import Report

@Suite struct SpellingTests {
  @Test("numbers are grouped", arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
  func number(_ value: Int, _ text: String) { #expect(Spelling.number(value) == text) }
}
