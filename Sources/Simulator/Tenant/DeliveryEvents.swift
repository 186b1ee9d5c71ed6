// The delivery events of a row, as both services return them as details.

internal import IntakeCore

/// One step of a message on its way to one recipient.
struct DeliveryEvent: Sendable {
  var at: Instant
  var event: String
  var action: String
  var description: String?
  /// XML text of typed values.
  var data: String

  /// Steps that have happened by `now`, in order; empty for a row that cannot be seen yet.
  static func events(of row: SimulatedRow, now: Instant) -> [DeliveryEvent] {
    guard row.status(at: now) != nil else { return [] }
    let host = "VI6PPFE7A2F83A8.EURP250.PROD.OUTLOOK.COM"
    let client = row.message.fromIP ?? "2603:10a6:20b:764::22"
    let first = DeliveryEvent(
      at: row.message.received, event: "Receive", action: "", description: "Message received by: \(host)",
      data: #"<root><MEP Name="ConnectorId" String="VI6P2F83A8\Default VI6F83A8" />"#
        + #"<MEP Name="ClientIP" String="\#(client)" /><MEP Name="ServerHostName" String="\#(host)" />"#
        + #"<MEP Name="DeliveryPriority" String="Normal" /><MEP Name="ReturnPath" String="\#(escape(row.message.sender))" />"#
        + #"<MEP Name="CustomData" Blob="S:tlsversion=TLS1_3" /><MEP Name="SequenceNumber" Long="0" /></root>"#)
    return [first]
      + row.timeline.filter { $0.at <= now }.map { change in
        step(change, recipient: row.recipient)
      }
  }

  private static func step(_ change: SimulatedRow.Change, recipient: String) -> DeliveryEvent {
    let (event, description): (String, String?) =
      switch change.status {
      case .delivered: ("Deliver", "The message was successfully delivered.")
      case .failed: ("Fail", "Reason: [{LED=550 5.1.1 RESOLVER.ADR.RecipNotFound; not found}]")
      case .pending: ("Defer", "The message was deferred.")
      case .quarantined: ("Quarantine", "The message was quarantined.")
      case .filteredAsSpam: ("Spam", "Sent to Junk Folder")
      case .expanded: ("Expand", "The distribution list was expanded.")
      case .gettingStatus: ("TRANSFER", nil)
      case .recalled: ("Recall", "The message was recalled.")
      }
    let failed =
      change.status == .failed
      ? #"<MEP Name="RecipientStatus" String="[{LED=550 5.1.1 [Message=not found]};{MSG=};{FQDN=};{IP=}]" />"# : ""
    return DeliveryEvent(
      at: change.at, event: event, action: "", description: description,
      data: #"<root>\#(failed)<MEP Name="RecipientReference" String="\#(escape(recipient))" />"#
        + #"<MEP Name="SequenceNumber" Long="1" /></root>"#)
  }

  private static func escape(_ text: String) -> String {
    text.map { ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;"][$0] ?? String($0) }.joined()
  }
}
