// Mistyped names find their way; durations are read exactly.

import Testing

@testable internal import IntakeCore

@Suite struct SuggestionTests {
  @Test("the nearest name is found, and none where none is near")
  func nearest() {
    let names = ["collect", "normalise", "verify", "interval", "client-id"]
    #expect(Suggestion.name(to: "colect", among: names) == "collect")
    #expect(Suggestion.name(to: "intervall", among: names) == "interval")
    #expect(Suggestion.name(to: "clientid", among: names) == "client-id")
    #expect(Suggestion.name(to: "cliamt-id", among: names) == "client-id")
    #expect(Suggestion.name(to: "int", among: names) == "interval" && Suggestion.name(to: "in", among: names) == nil)
    #expect(Suggestion.name(to: "zzzzzz", among: names) == nil)
  }

  @Test("spans", arguments: [("90s", 90), ("15m", 900), ("6h", 21_600), ("7d", 604_800), ("0s", 0)])
  func spans(_ text: String, _ seconds: Int) {
    #expect(Duration(parsing: text) == .seconds(seconds))
  }

  @Test("what is no span is refused", arguments: ["", "5", "m", "-5m", "1.5h", "5 m", "99999999999d", "1001d", "5mm"])
  func refused(_ text: String) {
    #expect(Duration(parsing: text) == nil)
  }

  @Test("spans are written as they are read", arguments: ["90s", "15m", "6h", "24h", "7d", "1500ms", "0s"])
  func written(_ text: String) {
    #expect(Duration(parsing: text)?.text == text)
  }
}
