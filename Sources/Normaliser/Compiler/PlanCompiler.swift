// Compiles a mapping and its settings to a plan.

internal import IntakeCore

/// Fills one plan.
struct PlanCompiler {
  private let mapping: Mapping
  private let settings: NormaliserSettings
  private var plan = Plan()
  private var nodes: [String] = [""]
  private var isFull = false

  init(_ mapping: Mapping, _ settings: NormaliserSettings) {
    self.mapping = mapping
    self.settings = settings
  }

  /// Throws for a mapping with more columns than a plan has room for.
  mutating func compile() throws(Failure) -> Plan {
    plan.keepOriginal = settings.keepOriginal
    plan.foldColumns = settings.foldColumns
    addColumns()
    addSettings()
    addTexts()
    plan.lookups = lookupNames.map { addLookup(mapping.lookups[$0] ?? Lookup()) }
    plan.statuses = lookupNames.firstIndex(of: mapping.identity.statuses) ?? Plan.none
    plan.eventSteps = steps(of: mapping.event, others: true)
    addAliases()
    plan.failedSteps = steps(of: mapping.failed, others: false)
    plan.pool.append(contentsOf: [UInt8](repeating: 0x20, count: LineWriter.overrun))
    guard !isFull, plan.slotCount <= 62 else {
      throw Failure(
        "mapping.too_large", exit: .configuration,
        "Preparing the mapping \(mapping.name): it names more than 62 columns or 120 path components.",
        hint: "Use `others` for the remaining columns; it has no limit.")
    }
    return plan
  }

  private var lookupNames: [String] { mapping.lookups.keys.sorted() }

  private mutating func pooled(_ text: String) -> PoolSlice {
    let start = plan.pool.count
    plan.pool.append(contentsOf: Array(text.utf8))
    return PoolSlice(start: start, end: plan.pool.count)
  }

  // MARK: Columns

  private mutating func addColumns() {
    let identity = mapping.identity
    plan.trace = converted(identity.trace)
    plan.recipient = converted(identity.recipient)
    plan.sender = identity.sender.isEmpty ? Plan.none : converted(identity.sender)
    plan.status = converted(identity.status)
    plan.received = converted(identity.received)
    plan.further = identity.further.map { converted($0) }
    if let redaction = settings.redaction {
      plan.redactor = Redactor(redaction)
      plan.subjects = mapping.privacy.subjects.map { converted($0) }
      plan.addresses = mapping.privacy.addresses.map { converted($0) }
      plan.texts = mapping.privacy.texts.map { converted($0) }
      for slot in plan.addresses { markAddress(slot) }
    }
    markAddress(plan.sender)
    markAddress(plan.recipient)
    for name in mapping.leftOut {
      if name.hasSuffix("*") {
        plan.prefixes.append(pooled(String(name.dropLast())))
      } else if !plan.keys.insert(name, below: 0, target: .leftOut) {
        isFull = true
      }
    }
    if let each = mapping.each { plan.each = node(each, below: 0) }
    for rule in mapping.event where rule.conversion == .properties {
      guard case .column(let path) = rule.from.first else { continue }
      plan.properties = converted(path)
      if let otherwise = rule.otherwise { plan.propertiesOtherwise = pooled(JSONText.quoted(otherwise) + ":") }
    }
  }

  private mutating func converted(_ path: String) -> Int {
    let slot = slot(path)
    plan.convertedSlots |= 1 << UInt64(slot & 63)
    return slot
  }

  private mutating func markAddress(_ slot: Int) {
    if slot >= 0 { plan.addressSlots |= 1 << UInt64(slot & 63) }
  }

  /// The slot of a dotted path; the same for the same path.
  private mutating func slot(_ path: String) -> Int {
    var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let last = parts.removeLast()
    var parent = 0
    for part in parts { parent = node(part, below: parent) }
    if case .slot(let slot) = plan.keys.target(last, below: parent) { return slot }
    let slot = plan.slotCount
    plan.slotCount += 1
    if !plan.keys.insert(last, below: parent, target: .slot(slot)) { isFull = true }
    return slot
  }

  private mutating func node(_ name: String, below parent: Int) -> Int {
    if case .node(let node) = plan.keys.target(name, below: parent) { return node }
    nodes.append(nodes[parent] + ColumnName.snakeCase(name) + ".")
    plan.nodePaths.append(pooled(nodes[nodes.count - 1]))
    if !plan.keys.insert(name, below: parent, target: .node(nodes.count - 1)) { isFull = true }
    return nodes.count - 1
  }

  /// Must come last: the columns that aliases refer to need their slots.
  private mutating func addAliases() {
    for (alias, column) in mapping.aliases.sorted(by: { $0.key < $1.key }) {
      let slot = slot(column)
      if !plan.keys.insert(alias, below: 0, target: .slot(slot)) { isFull = true }
    }
  }

  // MARK: Settings

  private mutating func addSettings() {
    let lowered = ASCII.lowerCased(settings.tenant)
    plan.givenRecipient = pooled(ASCII.lowerCased(settings.recipient))
    plan.tenant = pooled(lowered + "\n")
    plan.knowsOutside = !settings.localDomains.isEmpty
    let own = lowered.contains(".") ? [lowered] : []
    for domain in settings.localDomains + own where !domain.isEmpty {
      plan.domains.append(pooled(ASCII.lowerCased(domain)))
    }
    guard let others = mapping.others else { return }
    plan.others = pooled("\"\(others).")
    let names = mapping.names.filter { $0.hasPrefix(others + ".") }
    plan.taken = names.map { pooled(String($0.dropFirst(others.utf8.count + 1))) }
  }

  /// The value of a given that is the same for every row; nil for the others, empty for one that is not set.
  private func setting(_ given: Given) -> String? {
    switch given {
    case .provider: settings.provider.isEmpty ? mapping.provider : settings.provider
    case .tenantName: settings.tenantIsGUID ? "" : settings.tenant
    case .tenantID: settings.tenantIsGUID ? settings.tenant : ""
    case .recipient: settings.recipient
    case .identity, .created, .received, .status, .direction, .original, .reason, .flags, .cutColumns, .cutLengths,
      .cutHashes:
      nil
    }
  }

  private mutating func addTexts() {
    plan.created = [pooled(String(repeating: " ", count: DayText.length))]
    plan.directions.within = pooled(JSONText.quoted("internal"))
    plan.directions.inbound = pooled(JSONText.quoted("inbound"))
    plan.directions.outbound = pooled(JSONText.quoted("outbound"))
    plan.directions.outside = pooled(JSONText.quoted("external"))
  }

  private mutating func addLookup(_ lookup: Lookup) -> PlanLookup {
    var result = PlanLookup()
    for entry in lookup.entries {
      let key = pooled(ASCII.lowerCased(entry.key))
      result.entries.append(
        .init(
          words: CaseFoldedText(unsafe plan.pool.span.bytes, key.start, key.end), key: key, value: pooled(entry.value),
          json: pooled(JSONText.quoted(entry.value))))
    }
    if let otherwise = lookup.otherwise { result.otherwise = pooled(JSONText.quoted(otherwise)) }
    return result
  }
}

extension PlanCompiler {
  // MARK: Steps

  private mutating func steps(of rules: [Rule], others: Bool) -> [Step] {
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
    if others, !plan.others.isEmpty { steps.append(Step(code: .others)) }
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
      plan.created.append(PoolSlice(start: start, end: start + DayText.length))
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
    guard rule.to.contains("event.action") || rule.to.contains("event.outcome") else { return nil }
    var step = Step(code: rule.to.contains("event.action") ? .isStatus : .isOutcome)
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
