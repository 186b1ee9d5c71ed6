// Where an event of a mapping carries what identifies its message, whatever the mapping calls it.

/// Names in events; empty where the mapping writes no such field.
package struct EventNames: Sendable, Equatable {
  package var trace = ""
  package var recipient = ""
  package var sender = ""
  package var received = ""
  /// A constant that only events of this mapping have.
  package var dataset: (name: String, value: String)?

  package static func == (left: EventNames, right: EventNames) -> Bool {
    (left.trace, left.recipient, left.sender, left.received) == (
      right.trace, right.recipient, right.sender, right.received
    )
      && left.dataset?.name == right.dataset?.name && left.dataset?.value == right.dataset?.value
  }

  /// True if an event of this mapping could be told from others and says which message it is about.
  package var areComplete: Bool { !trace.isEmpty && !recipient.isEmpty && !received.isEmpty }
}

extension Mapping {
  /// - Parameter isRaw: rows go out as they came, so that their own columns are the names.
  package func eventNames(isRaw: Bool = false) -> EventNames {
    guard !isRaw else {
      return EventNames(
        trace: identity.trace, recipient: identity.recipient, sender: identity.sender, received: identity.received)
    }
    var names = EventNames()
    names.trace = name(from: .column(identity.trace))
    names.recipient = name(from: .column(identity.recipient))
    names.sender = name(from: .column(identity.sender))
    names.received = name(from: .given(.received))
    let constant = event.first { $0.constant != nil && $0.to.contains { $0.hasSuffix("dataset") } }
    if let name = constant?.to.first, let value = constant?.constant {
      names.dataset = (name, String(value.dropFirst().dropLast()))
    }
    return names
  }

  private func name(from source: RuleSource) -> String {
    event.first { $0.from == [source] && $0.conversion == .text }?.to.first ?? ""
  }

  /// True if rows that another mapping was made for have the columns that this one takes time and recipient from.
  package func takesRows(of other: Mapping) -> Bool {
    resolve(other.identity.received) == identity.received && resolve(other.identity.recipient) == identity.recipient
  }

  private func resolve(_ column: String) -> String { aliases[column] ?? column }
}
