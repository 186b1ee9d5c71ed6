// Which columns a mapping reads: held against those that a service's rows have.

internal import IntakeCore

extension Mapping {
  /// Every column that the mapping names, as dotted paths, other names included.
  package var columns: Set<String> {
    let rules = (event + failed).flatMap(\.from).compactMap { source -> String? in
      if case .column(let path) = source { path } else { nil }
    }
    let named = [identity.trace, identity.recipient, identity.sender, identity.status, identity.received]
    let own = rules + named + identity.further + privacy.subjects + privacy.addresses + privacy.texts + leftOut
    let all = own + aliases.keys + aliases.values + (each.map { [$0] } ?? [])
    return Set(all.filter { !$0.isEmpty && !$0.hasSuffix("*") })
  }

  /// The columns for time, trace id and recipient, under any of their names, that rows with these columns do not have:
  /// events would have no time or an id of their own.
  /// - Parameters:
  ///   - known: the columns of the rows' own mapping.
  ///   - isExport: the trace id may be missing: exports spell it in many ways.
  package func missing(in known: Set<String>, isExport: Bool = false) -> [String] {
    ([identity.received] + (isExport ? [] : [identity.trace]) + [identity.recipient]).filter { path in
      !path.isEmpty && !known.contains(path) && !aliases.contains { $0.value == path && known.contains($0.key) }
    }
  }

  /// What is valid and most likely a mistake, one sentence each.
  /// - Parameter known: every column of every service.
  package func doubts(knowing known: Set<String>) -> [String] {
    let unknown = columns.subtracting(known).sorted().map { column in
      "No service has the column \(Log.clean(column, limit: 80))\(Suggestion.question(column, among: known.sorted()))"
    }
    let time = hasRule(to: "@timestamp", from: .received) ? [] : ["No rule gives @timestamp: events have no time."]
    let name = hasRule(to: "event.id", from: .identity) ? [] : ["No rule gives event.id: repeats cannot be recognized."]
    return time + name + unknown
  }

  private func hasRule(to name: String, from given: Given) -> Bool {
    event.contains { $0.to.contains(name) || $0.from.contains(.given(given)) }
  }
}
