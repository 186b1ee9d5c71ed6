// Compiles a mapping and its settings to a plan.

internal import IntakeCore

/// Fills one plan.
struct PlanCompiler {
  let mapping: Mapping
  private let settings: NormaliserSettings
  var plan = Plan()
  private var nodes: [String] = [""]
  private var isFull = false
  /// The column with properties, and the slots filled from them.
  private var properties: String?
  private var propertySlots: [String: Int] = [:]
  /// The field that carries the status: `event.action`, in other profiles the first field that `$status` goes to.
  let statusName: String

  init(_ mapping: Mapping, _ settings: NormaliserSettings) {
    self.mapping = mapping
    self.settings = settings
    statusName = Self.statusName(of: mapping)
  }

  /// Throws for a mapping with more columns than a plan has room for.
  mutating func compile() throws(Failure) -> Plan {
    plan.keepOriginal = settings.keepOriginal
    plan.foldColumns = settings.foldColumns
    plan.isRaw = settings.isRaw
    plan.nesting = try nesting()
    addColumns()
    addSettings()
    addTexts()
    plan.lookups = lookupNames.map { addLookup(mapping.lookups[$0] ?? Lookup()) }
    plan.statusLookup = lookupNames.firstIndex(of: mapping.identity.statuses) ?? Plan.none
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

  private func nesting() throws(Failure) -> EventNesting? {
    guard settings.isNested else { return nil }
    guard let nesting = mapping.nesting, !settings.isRaw else {
      throw Failure(
        "mapping.not_nested", exit: .configuration,
        "Preparing the mapping \(mapping.name): its events are flat only.",
        hint: "Leave out --nested, or use --profile udm-flat.")
    }
    return EventNesting(nesting)
  }

  var lookupNames: [String] { mapping.lookups.keys.sorted() }

  private static func statusName(of mapping: Mapping) -> String {
    if mapping.names.contains("event.action") { return "event.action" }
    return mapping.event.first { $0.from == [.given(.status)] && $0.conversion == .text }?.to.first ?? ""
  }

  mutating func pooled(_ text: String) -> PoolSlice {
    let start = plan.pool.count
    plan.pool.append(contentsOf: Array(text.utf8))
    return PoolSlice(start: start, end: plan.pool.count)
  }

  // MARK: Columns

  private mutating func addColumns() {
    let identity = mapping.identity
    plan.traceSlot = converted(identity.trace)
    plan.recipientSlot = converted(identity.recipient)
    plan.senderSlot = identity.sender.isEmpty ? Plan.none : converted(identity.sender)
    plan.statusSlot = converted(identity.status)
    plan.receivedSlot = converted(identity.received)
    plan.furtherSlots = identity.further.map { converted($0) }
    if let redaction = settings.redaction {
      plan.redactor = Redactor(redaction)
      plan.privateSubjectSlots = mapping.privacy.subjects.map { converted($0) }
      plan.privateAddressSlots = mapping.privacy.addresses.map { converted($0) }
      plan.privateTextSlots = mapping.privacy.texts.map { converted($0) }
      for slot in plan.privateAddressSlots { markAddress(slot) }
    }
    markAddress(plan.senderSlot)
    markAddress(plan.recipientSlot)
    for name in mapping.leftOut {
      if name.hasSuffix("*") {
        plan.prefixes.append(pooled(String(name.dropLast())))
      } else {
        insert(name, target: .leftOut)
      }
    }
    if let each = mapping.each { plan.eachNode = node(each, below: 0) }
    for rule in mapping.event where rule.conversion == .properties {
      guard case .column(let path) = rule.from.first else { continue }
      plan.propertiesSlot = converted(path)
      if rule.from.count > 1, case .column(let other) = rule.from[1] { plan.repliesSlot = converted(other) }
      if let otherwise = rule.otherwise { plan.propertiesOtherwise = pooled(JSONText.quoted(otherwise) + ":") }
      properties = path
    }
  }

  /// Puts a dotted path into the table of names.
  private mutating func insert(_ path: String, target: ColumnTarget) {
    var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let last = path.hasPrefix("@") || path.hasPrefix("odata.") ? path : parts.removeLast()
    var parent = 0
    if last != path { for part in parts { parent = node(part, below: parent) } }
    if !plan.keys.insert(last, below: parent, target: target) { isFull = true }
  }

  mutating func converted(_ path: String) -> Int {
    let slot = slot(path)
    plan.convertedSlots |= 1 << UInt64(slot & 63)
    return slot
  }

  mutating func markAddress(_ slot: Int) {
    if slot >= 0 { plan.addressSlots |= 1 << UInt64(slot & 63) }
  }

  /// The slot of a dotted path; the same for the same path.
  mutating func slot(_ path: String) -> Int {
    if let properties, path.hasPrefix(properties + ".") {
      return propertySlot(String(path.dropFirst(properties.utf8.count + 1)))
    }
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

  /// The slot of a property; the same for the same name.
  private mutating func propertySlot(_ name: String) -> Int {
    if let slot = propertySlots[name] { return slot }
    let slot = plan.slotCount
    plan.slotCount += 1
    propertySlots[name] = slot
    plan.propertySlots.append((pooled(name), slot))
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
      insert(alias, target: .slot(slot(column)))
    }
  }

  // MARK: Settings

  private mutating func addSettings() {
    let lowered = ASCII.lowerCased(settings.tenant)
    plan.givenRecipient = pooled(settings.recipient)
    plan.givenSender = pooled(settings.sender)
    plan.tenant = pooled(lowered + "\n")
    plan.knowsOutside = !settings.localDomains.isEmpty
    let own = lowered.contains(".") ? [lowered] : []
    for domain in settings.localDomains + own where !domain.isEmpty {
      plan.localDomains.append(pooled(ASCII.lowerCased(domain)))
    }
    guard let others = mapping.others else { return }
    plan.othersPrefix = pooled("\"\(others).")
    let names = mapping.names.filter { $0.hasPrefix(others + ".") }
    plan.takenNames = names.map { pooled(String($0.dropFirst(others.utf8.count + 1))) }
  }

  /// The value of a given that is the same for every row; nil for the others, empty for one that is not set.
  func setting(_ given: Given) -> String? {
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
    plan.createdPlaces = [pooled(String(repeating: " ", count: DayText.length))]
    plan.directionTexts.within = pooled(JSONText.quoted("internal"))
    plan.directionTexts.inbound = pooled(JSONText.quoted("inbound"))
    plan.directionTexts.outbound = pooled(JSONText.quoted("outbound"))
    plan.directionTexts.outside = pooled(JSONText.quoted("external"))
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
