// Where an event of a mapping carries what identifies its message, whatever the mapping calls it.

package import IntakeCore

/// Fields of events, each as the keys that lead to it: one key in a flat event. Empty where the mapping writes no such field.
package struct EventNames: Sendable, Equatable {
  package var trace: [String] = []
  package var recipient: [String] = []
  package var sender: [String] = []
  package var received: [String] = []
  /// A constant that only events of this mapping have.
  package var dataset: Constant?

  package struct Constant: Sendable, Equatable {
    package var path: [String]
    package var value: String
  }

  /// The value that the keys lead to; of a list its first element.
  package static func text(_ path: [String], in event: JSONValue) -> String? {
    guard !path.isEmpty else { return nil }
    var value: JSONValue? = event
    for key in path { value = (value?.array?.first ?? value)?[key] }
    return value?.string ?? value?.array?.first?.string
  }
}

extension Mapping {
  /// - Parameters:
  ///   - isRaw: rows go out as they came, so that their own columns are the names.
  ///   - isNested: events are written as objects.
  package func eventNames(isRaw: Bool = false, isNested: Bool = false) -> EventNames {
    guard !isRaw else {
      return EventNames(
        trace: [identity.trace], recipient: [identity.recipient], sender: [identity.sender],
        received: [identity.received])
    }
    let nesting = isNested ? nesting : nil
    func path(_ name: String) -> [String] { name.isEmpty ? [] : nesting?.path(to: name) ?? [name] }
    var names = EventNames()
    names.trace = path(name(from: .column(identity.trace)))
    names.recipient = path(name(from: .column(identity.recipient)))
    names.sender = path(name(from: .column(identity.sender)))
    names.received = path(name(from: .given(.received)))
    let constant = event.first { $0.constant != nil && $0.to.contains { $0.hasSuffix("dataset") } }
    if let name = constant?.to.first, let value = constant?.constant {
      names.dataset = EventNames.Constant(path: path(name), value: String(value.dropFirst().dropLast()))
    }
    return names
  }

  private func name(from source: RuleSource) -> String {
    event.first { $0.from == [source] && $0.conversion == .text }?.to.first ?? ""
  }
}
