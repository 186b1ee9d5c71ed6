// From rules to the steps that write an event.

internal import IntakeCore

extension PlanCompiler {
  mutating func steps(of rules: [Rule], others: Bool) -> [Step] {
    var steps: [Step] = []
    var literal = "{"
    var created: [Int] = []
    for rule in rules where !rule.isGivenList && !(others && isUnused(rule)) && rule.conversion != .properties {
      if rule.isCreated {
        for name in rule.to {
          literal += "\(JSONText.quoted(name)):"
          created.append(literal.utf8.count)
          literal += String(repeating: " ", count: DayText.length) + ","
        }
        continue
      }
      guard let fixed = fixedText(of: rule) else {
        flush(&literal, created: &created, into: &steps)
        steps += rule.isList ? listSteps(of: rule) : valueSteps(of: rule)
        continue
      }
      if !fixed.isEmpty { literal += rule.to.map { "\(JSONText.quoted($0)):\(fixed)," }.joined() }
      if fixed != "\"unknown\"", let mark = mark(of: rule, fixed: fixed) {
        flush(&literal, created: &created, into: &steps)
        steps.append(mark)
      }
    }
    flush(&literal, created: &created, into: &steps)
    if others, !plan.othersPrefix.isEmpty { steps.append(Step(code: .others)) }
    for rule in rules where rule.isGivenList { steps += valueSteps(of: rule) }
    return steps
  }

  /// True for the original of a row that could be mapped, where it is not to be kept.
  private func isUnused(_ rule: Rule) -> Bool {
    rule.from == [.given(.original)] && (!plan.keepOriginal || plan.redactor != nil)
  }

  /// - Parameter created: where in the literal the time of reading is left open.
  private mutating func flush(_ literal: inout String, created: inout [Int], into steps: inout [Step]) {
    guard !literal.isEmpty else { return }
    var step = Step(code: .literal)
    step.text = pooled(literal)
    for offset in created {
      let start = step.text.start + offset
      plan.createdPlaces.append(PoolSlice(start: start, end: start + DayText.length))
    }
    created = []
    steps.append(step)
    literal = ""
  }

  /// JSON text of a rule that gives the same for every row; empty where it gives nothing, nil where it depends.
  private func fixedText(of rule: Rule) -> String? {
    if let constant = rule.constant { return constant }
    guard !rule.isList, rule.conversion == .text, rule.from.count == 1, case .given(let given) = rule.from[0],
      let text = setting(given)
    else { return nil }
    return text.isEmpty ? "" : JSONText.quoted(text)
  }

  private mutating func valueSteps(of rule: Rule) -> [Step] {
    let name = pooled(JSONText.quoted(rule.to[0]) + ":")
    var steps: [Step] = []
    for source in rule.from {
      if var step = step(source, rule, value: .value, given: .given) {
        step.name = name
        if let otherwise = rule.otherwise { step.otherwise = pooled(JSONText.quoted(otherwise) + ":") }
        steps.append(step)
      }
    }
    for index in steps.indices { steps[index].skip = Int16(truncatingIfNeeded: steps.count - 1 - index) }
    return steps + repeats(of: rule) + [mark(of: rule)].compactMap(\.self)
  }

  private mutating func listSteps(of rule: Rule) -> [Step] {
    var open = Step(code: .listOpen)
    open.name = pooled(JSONText.quoted(rule.to[0]) + ":[")
    var items: [Step] = []
    for source in rule.from {
      if var step = step(source, rule, value: .listItem, given: .listGiven) {
        if step.code == .setting { step.code = .listSetting }
        if let otherwise = rule.otherwise { step.otherwise = pooled(JSONText.quoted(otherwise) + ":") }
        items.append(step)
      }
    }
    let whole = [open] + items + [Step(code: .listClose)]
    return single(open, items, leavingOut: whole.count) + whole + repeats(of: rule)
  }

  /// The quick way for a list of one column's text.
  private func single(_ open: Step, _ items: [Step], leavingOut count: Int) -> [Step] {
    guard items.count == 1, var step = items.first, step.code == .listItem else { return [] }
    step.code = .single
    step.name = open.name
    step.skip = Int16(truncatingIfNeeded: count)
    return [step]
  }

  /// Notes where the event's status or outcome stands; nil for a rule that gives neither.
  /// - Parameter fixed: JSON text of a constant, at the end of the literal before.
  private mutating func mark(of rule: Rule, fixed: String = "") -> Step? {
    guard rule.to.contains(statusName) || rule.to.contains("event.outcome") else { return nil }
    var step = Step(code: rule.to.contains(statusName) ? .isStatus : .isOutcome)
    if !fixed.isEmpty { step.text = pooled(fixed) }
    return step
  }

  private mutating func repeats(of rule: Rule) -> [Step] {
    rule.to.dropFirst().map { name in
      var step = Step(code: .again)
      step.name = pooled(JSONText.quoted(name) + ":")
      return step
    }
  }

  /// nil for a setting that is not set.
  private mutating func step(_ source: RuleSource, _ rule: Rule, value: Step.Code, given: Step.Code) -> Step? {
    var step = Step(code: value)
    step.conversion = rule.conversion
    step.lookup = Int16(truncatingIfNeeded: rule.lookup.flatMap { lookupNames.firstIndex(of: $0) } ?? Plan.none)
    switch source {
    case .column(let path):
      let slot = rule.conversion == .text ? slot(path) : converted(path)
      step.slot = Int16(truncatingIfNeeded: slot)
      if rule.conversion == .domain || rule.conversion == .localPart { markAddress(slot) }
      return step
    case .given(let source):
      step.code = given
      step.given = source
      if source == .flags { step.text = pooled("[\"message-trace\"]") }
      guard let text = setting(source) else { return step }
      step.code = .setting
      step.text = pooled(JSONText.quoted(text))
      return text.isEmpty ? nil : step
    }
  }
}
