// A simulated message, the row of one recipient, and the changes of its status.

package import IntakeCore

/// The statuses of both services. The raw value is the canonical spelling of `event.action`, and that of Graph.
package enum SimulatedStatus: String, Sendable, CaseIterable {
  case delivered, failed, pending, quarantined, filteredAsSpam, expanded, gettingStatus, recalled

  /// As the Reporting Web Service writes it. (`Recalled` is not documented there; rows agree only if it is passed on.)
  package var pascal: String {
    guard let first = rawValue.first else { return rawValue }
    return first.uppercased() + rawValue.dropFirst()
  }
}

/// What all rows of a message share.
package struct SimulatedMessage: Sendable {
  package enum Kind: Sendable { case inbound, outbound, within, bounce }

  /// Position in the tenant, oldest first.
  package var index: Int
  package var kind: Kind
  /// Lower-case GUID: `MessageTraceId` and `id`.
  package var traceID: String
  package var received: Instant
  /// With its angle brackets; nil where the header was missing.
  package var messageID: String?
  /// `<>` for a bounce.
  package var sender: String
  package var subject: String?
  /// nil if the service does not know it; `255.255.255.255` for what the service itself sent.
  package var fromIP: String?
}

/// One message to one recipient.
package struct SimulatedRow: Sendable {
  /// A status from an instant on.
  package struct Change: Sendable, Equatable {
    package var at: Instant
    package var status: SimulatedStatus
  }

  package var message: SimulatedMessage
  /// As Graph spells it; the Reporting Web Service gives it in lower case.
  package var recipient: String
  package var toIP: String?
  package var size: Int
  /// Oldest first, never empty; the row cannot be seen before the first.
  package var timeline: [Change]

  /// nil while the row cannot be seen yet.
  package func status(at instant: Instant) -> SimulatedStatus? {
    timeline.last { $0.at <= instant }?.status
  }
}

/// One line of the truth: what a collector must have delivered.
package struct TrueRow: Hashable, Sendable {
  package var traceID: String
  package var recipient: String
  /// Canonical, as in `event.action`.
  package var status: String

  package init(traceID: String, recipient: String, status: String) {
    self.traceID = traceID
    self.recipient = recipient
    self.status = status
  }
}
