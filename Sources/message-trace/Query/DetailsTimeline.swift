// The delivery events of a message as a timeline, with the steps that decided its outcome marked.

internal import Collector
internal import IntakeCore

struct DetailsTimeline {
  let key: DetailsKey
  /// nil if it was not found or not requested.
  let row: QueryRow?
  var zone = LocalZone.utc

  /// - Parameter steps: oldest first, not empty.
  func text(_ steps: [DetailsStep]) -> String {
    head + "\n" + steps.map(lines).joined() + verdict(steps)
  }

  private var head: String {
    var lines = [("message", key.traceID), ("recipient", row?.recipient ?? key.recipient)]
    if let row {
      lines += [
        ("sender", row.sender), ("subject", row.subject), ("message id", row.messageID), ("status", row.status),
        ("received", row.received.map { zone.shortTime($0) + (zone.isUTC ? " UTC" : "") } ?? ""),
      ]
    }
    return lines.filter { !$0.1.isEmpty }.map { named($0.0, $0.1) }.joined()
  }

  private func lines(_ step: DetailsStep) -> String {
    let time = step.at.map(zone.exactTime) ?? String(repeating: " ", count: 23)
    let mark = step.marks.isEmpty ? " " : "!"
    let name = step.action.isEmpty ? step.event : "\(step.event) (\(step.action))"
    let isReply = step.reply != nil && step.description.contains("{LED=")
    let description = isReply ? "" : TerminalText.visible(step.description)
    let shown = TerminalText.visible(name)
    let column = description.isEmpty ? shown : TerminalText.fitted(shown, to: max(14, TerminalText.width(shown)))
    var text = "\(time) \(mark) \(column)\(description.isEmpty ? "" : " ")\(description)\n"
    if let reply = step.reply { text += Self.reply(reply) }
    for field in step.fields where field.name != "RecipientStatus" && !field.value.isEmpty {
      text += Self.inset + TerminalText.visible("\(field.name): \(field.value)") + "\n"
    }
    if let data = step.text { text += Self.inset + TerminalText.visible("data: \(data)") + "\n" }
    return text
  }

  private static func reply(_ reply: DetailsReply) -> String {
    let server = [reply.server, reply.address.map { "[\($0)]" }].compactMap { $0 }.joined(separator: " ")
    let lines = [
      ("SMTP reply", reply.line),
      ("code", [reply.code, reply.enhancedCode].compactMap { $0 }.joined(separator: ", enhanced ")),
      ("remote server", server), ("last tried", reply.lastTried ?? ""),
    ]
    return lines.filter { !$0.1.isEmpty }
      .map { inset + TerminalText.visible("\($0.0): \($0.1)") + "\n" }.joined()
  }

  /// The marks of all steps, each once, grouped by kind.
  private func verdict(_ steps: [DetailsStep]) -> String {
    var lines: [String] = []
    for mark in DetailsMark.allCases {
      for (found, text) in steps.flatMap(\.marks) where found == mark {
        let line = named(mark.rawValue, text.isEmpty ? "yes" : text)
        if !lines.contains(line) { lines.append(line) }
      }
    }
    return lines.isEmpty ? "" : "\n" + lines.joined()
  }

  private func named(_ name: String, _ value: String) -> String {
    "\(TerminalText.fitted(name, to: 20)) \(TerminalText.visible(value))\n"
  }

  private static let inset = String(repeating: " ", count: 26)
}
