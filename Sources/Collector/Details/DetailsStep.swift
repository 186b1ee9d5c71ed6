// One delivery event, whichever service it comes from, and what about it matters most.

internal import HTTPTransport
package import IntakeCore

/// A step of a message on its way to one recipient.
package struct DetailsStep: Sendable, Equatable {
  /// nil where the service gave no time that can be read.
  package var at: Instant?
  /// As the service spells it: `Receive`, `TRANSFER`, `Deliver`, `Fail`, `Transport rule`, …
  package var event: String
  package var action: String
  package var description: String
  /// The decoded values, CustomData split into its own; empty where `text` is kept instead.
  package var fields: [DetailsField]
  /// The data as it came, where it is not the XML that is expected.
  package var text: String?
  /// What the remote server said, where anything did.
  package var reply: DetailsReply?
  /// The event as received, with recipient and sender where the service leaves them out; one line without its LF.
  package var json: [UInt8]

  init(_ columns: RowColumns, json: [UInt8]) {
    at = columns.instant("datetime", "date")
    event = columns.text("event", "eventtype")
    action = columns.text("action")
    description = columns.text("description", "detail")
    let data = columns.text("data")
    let decoded = data.isEmpty ? [] : DetailsData.fields(data)
    text = decoded == nil ? data : nil
    fields = (decoded ?? []).flatMap { field in
      field.name == "CustomData" ? DetailsCustomData.fields(field.value) : [field]
    }
    let status = fields.first { $0.name == "RecipientStatus" }?.value
    reply = status.flatMap { DetailsReply($0) } ?? DetailsReply(description)
    self.json = json
  }

  /// The value of a field, its name compared without case; nil where it is missing or empty.
  package func value(_ name: String) -> String? {
    fields.first { $0.name.lowercasedASCII == name.lowercasedASCII && !$0.value.isEmpty }?.value
  }

  /// The steps of a page, in the order given.
  /// - Parameter key: its recipient and sender are put into steps that name none.
  static func steps(of page: Page, _ key: DetailsKey) -> [DetailsStep] {
    page.rows.compactMap { range in
      var bytes = RowColumns.compact(page.bytes, range)
      guard let columns = RowColumns(bytes) else { return nil }
      if columns.text("recipientaddress").isEmpty { bytes = adding("recipientAddress", key.recipient, to: bytes) }
      if columns.text("senderaddress").isEmpty, !key.sender.isEmpty {
        bytes = adding("senderAddress", key.sender, to: bytes)
      }
      return DetailsStep(columns, json: bytes)
    }
  }

  /// A compact JSON object with one more member.
  static func adding(_ name: String, _ value: String, to object: [UInt8]) -> [UInt8] {
    var output = Array(object.dropLast())
    if output.count > 1 { output.append(UInt8(ascii: ",")) }
    JSONText.append(name, to: &output)
    output.append(UInt8(ascii: ":"))
    JSONText.append(value, to: &output)
    output.append(UInt8(ascii: "}"))
    return output
  }
}

/// What decides a message's fate.
package enum DetailsMark: String, Sendable, CaseIterable {
  case quarantined = "quarantined"
  case dataLoss = "data loss prevention"
  case rule = "transport rule"
  case malware = "malware"
  case spam = "spam verdict"
  case folder = "final folder"
  case failed = "failed"
}

extension DetailsStep {
  /// Each thing that stands out in this step, with its values.
  package var marks: [(mark: DetailsMark, text: String)] {
    let words = "\(event) \(action)".lowercasedASCII
    var marks: [(DetailsMark, String)] = []
    if words.contains("quarantin") || description.lowercasedASCII.contains("quarantin") {
      marks.append((.quarantined, description))
    }
    if words.contains("dlp") { marks.append((.dataLoss, because(["RuleName", "DLPPolicyName", "Rule", "RuleId"]))) }
    if words.contains("transport rule") || words.contains("transportrule") {
      marks.append((.rule, because(["RuleName", "Rule", "RuleId"])))
    }
    if words.contains("malware") { marks.append((.malware, because(["MalwareName", "Name"]))) }
    let verdict = values(["SCL", "SFV", "BCL", "PCL"])
    if event.lowercasedASCII.contains("spam") || !verdict.isEmpty {
      marks.append((.spam, joined(verdict, description)))
    }
    if let folder = folder { marks.append((.folder, folder)) }
    if words.hasPrefix("fail") || words.hasPrefix("drop") { marks.append((.failed, reply?.line ?? description)) }
    return marks
  }

  /// From a field that names one, else from what the description says of the junk folder.
  private var folder: String? {
    if let field = fields.first(where: { $0.name.lowercasedASCII.contains("folder") && !$0.value.isEmpty }) {
      return field.value
    }
    return description.lowercasedASCII.contains("junk") ? "Junk Email" : nil
  }

  private func because(_ names: [String]) -> String {
    let found = values(names)
    return joined(
      action.isEmpty ? found : ([action] + (found.isEmpty ? [] : [found])).joined(separator: ", "), description)
  }

  private func values(_ names: [String]) -> String {
    names.compactMap { name in value(name).map { "\(name) \($0)" } }.joined(separator: ", ")
  }

  private func joined(_ first: String, _ second: String) -> String {
    [first, second].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
