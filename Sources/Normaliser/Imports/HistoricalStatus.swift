// What a historical search says of a recipient, `Receive, Deliver`, as the status that the services give for the same row.
// Source: Microsoft, "Message trace in the modern Exchange admin center", columns of the summary report.

internal import IntakeCore

enum HistoricalStatus {
  /// Events that decide what became of a message, in lower case.
  private static let deciding = [
    "send": "Delivered", "sendexternal": "Delivered", "deliver": "Delivered", "delivered": "Delivered",
    "fail": "Failed", "failed": "Failed", "drop": "Failed", "defer": "Pending", "pending": "Pending",
    "expand": "Expanded", "expanded": "Expanded", "quarantine": "Quarantined", "quarantined": "Quarantined",
    "spam": "FilteredAsSpam", "filteredasspam": "FilteredAsSpam", "malware": "Failed", "recall": "Recalled",
    "recalled": "Recalled",
  ]
  /// Events on the way, after which the fate is still open.
  private static let passing = ["receive", "submit", "transfer", "resolve", "resolved", "redirect", "process"]

  /// The last event that decides; `GettingStatus` where none has yet; what is not known stays as it is.
  static func status(_ events: [UInt8]) -> [UInt8] {
    let words = events.split(separator: UInt8(ascii: ",")).map { word in
      ASCII.lowerCased(String(decoding: word.filter { $0 > .space }, as: UTF8.self))
    }
    if let status = words.reversed().compactMap({ deciding[$0] }).first { return Array(status.utf8) }
    guard !words.isEmpty, words.allSatisfy({ passing.contains($0) }) else { return events }
    return Array("GettingStatus".utf8)
  }

  /// `email.direction` for the column `directionality`; nil for a value that says none.
  static func direction(_ directionality: [UInt8]) -> [UInt8]? {
    switch ASCII.lowerCased(String(decoding: directionality, as: UTF8.self)) {
    case "incoming", "1": Array("inbound".utf8)
    case "originating", "2": Array("outbound".utf8)
    default: nil
    }
  }
}
