// Reads a mapping file and collects every mistake in it, so that one run reports them all.

internal import IntakeCore

/// Turns a JSON document into a `Mapping`; one value for one file.
struct MappingReader {
  let file: String
  private let catalog: FieldCatalog?
  private var mistakes: [String] = []
  /// Where rules begin, by `event[7]`.
  private var lines: [String: Int] = [:]
  private var bytes: [UInt8] = []

  init(file: String, catalog: FieldCatalog?) {
    self.file = file
    self.catalog = catalog
  }

  mutating func read(_ bytes: [UInt8]) throws(Failure) -> Mapping {
    self.bytes = bytes
    let document: JSONValue
    do {
      document = try JSONValue(parsing: bytes)
    } catch {
      throw Self.refusal(["\(error.reason.rawValue), at \(place(error.offset))"], file: file)
    }
    guard let members = document.members else { throw Self.refusal(["the file is not a JSON object"], file: file) }
    let known = [
      "name", "about", "provider", "identity", "leftOut", "others", "each", "private", "aliases", "lookups", "fields",
      "event", "failed", "nested",
    ]
    refuseUnknown(members, known: known, at: "")
    let lookups = readLookups(document["lookups"])
    var mapping = Mapping(
      name: text(document["name"], at: "name"), about: document["about"]?.string ?? "",
      provider: document["provider"]?.string ?? "", identity: readIdentity(document["identity"]),
      leftOut: texts(document["leftOut"], at: "leftOut"), others: document["others"]?.string,
      each: document["each"]?.string,
      privacy: readPrivate(document["private"]), aliases: readAliases(document["aliases"]), lookups: lookups,
      fields: readFields(document["fields"]),
      event: readRules(document["event"], at: "event"), failed: readRules(document["failed"], at: "failed"))
    mapping.nesting = readNesting(document["nested"], of: mapping)
    check(mapping)
    mistakes += catalog?.mistakes(in: mapping) ?? []
    guard mistakes.isEmpty else { throw Self.refusal(placed(mistakes), file: file) }
    return mapping
  }

  static func refusal(_ mistakes: [String], file: String) -> Failure {
    let list = mistakes.count == 1 ? " \(mistakes[0])." : mistakes.map { "\n  \($0)" }.joined()
    return Failure(
      "mapping.invalid", exit: .configuration, "Reading the mapping \(file):\(list)",
      hint:
        "Compare it with a valid one: message-trace mapping show graph. The field names are listed by message-trace mapping show fields; `fields` in the file adds your own."
    )
  }

  private func place(_ offset: Int) -> String {
    let before = bytes.prefix(offset)
    return "line \(line(of: offset)), column \(before.count - (before.lastIndex(of: .lineFeed) ?? -1))"
  }

  private func line(of offset: Int) -> Int { bytes.prefix(offset).count { $0 == .lineFeed } + 1 }

  /// With the line in front where a mistake is a rule's; in the order of the file.
  private func placed(_ mistakes: [String]) -> [String] {
    let placed = mistakes.map { mistake in
      let rule = mistake.prefix { $0 != "]" } + "]"
      return (line: lines[String(rule)], text: mistake)
    }
    let sorted = placed.enumerated().sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
    return sorted.map { ($0.element.line.map { "line \($0), " } ?? "") + $0.element.text }
  }

  private mutating func refuseUnknown(_ members: [JSONValue.Member], known: [String], at path: String) {
    for member in members where !known.contains(member.key) {
      // What has so many mistakes is no mapping.
      guard mistakes.count < 100 else { return }
      let meant = Suggestion.name(to: member.key, among: known).map { "did you mean \($0)?" }
      let hint = meant ?? "known: \(known.joined(separator: ", "))"
      mistakes.append("\(path)\(Log.clean(member.key, limit: 60)): no such setting (\(hint))")
    }
  }

  private mutating func text(_ value: JSONValue?, at path: String) -> String {
    if let text = value?.string, !text.isEmpty { return text }
    mistakes.append("\(path): missing string")
    return ""
  }

  /// A text, or an array of texts; none if absent.
  private mutating func texts(_ value: JSONValue?, at path: String) -> [String] {
    guard let value else { return [] }
    if let text = value.string, !text.isEmpty { return [text] }
    let texts = value.array?.compactMap { $0.string.flatMap { $0.isEmpty ? nil : $0 } }
    guard let texts, texts.count == value.array?.count else {
      mistakes.append("\(path): must be a string or an array of strings")
      return []
    }
    return texts
  }

  private mutating func readIdentity(_ value: JSONValue?) -> IdentityColumns {
    guard let members = value?.members else {
      mistakes.append("identity: the columns that make the identity are missing")
      return IdentityColumns()
    }
    let known = ["trace", "recipient", "sender", "status", "received", "statuses", "further"]
    refuseUnknown(members, known: known, at: "identity.")
    return IdentityColumns(
      trace: text(value?["trace"], at: "identity.trace"),
      recipient: text(value?["recipient"], at: "identity.recipient"),
      sender: value?["sender"]?.string ?? "", status: text(value?["status"], at: "identity.status"),
      received: text(value?["received"], at: "identity.received"), statuses: value?["statuses"]?.string ?? "",
      further: texts(value?["further"], at: "identity.further"))
  }

  private mutating func readLookups(_ value: JSONValue?) -> [String: Lookup] {
    var lookups: [String: Lookup] = [:]
    for member in value?.members ?? [] {
      var lookup = Lookup()
      for entry in member.value.members ?? [] {
        let target = text(entry.value, at: "lookups.\(member.key).\(entry.key)")
        if entry.key == "*" { lookup.otherwise = target } else { lookup.entries.append((entry.key, target)) }
      }
      if member.value.members == nil { mistakes.append("lookups.\(member.key): must be an object") }
      lookups[member.key] = lookup
    }
    return lookups
  }

  private mutating func readPrivate(_ value: JSONValue?) -> PrivateColumns {
    refuseUnknown(value?.members ?? [], known: ["subjects", "addresses", "texts"], at: "private.")
    return PrivateColumns(
      subjects: texts(value?["subjects"], at: "private.subjects"),
      addresses: texts(value?["addresses"], at: "private.addresses"),
      texts: texts(value?["texts"], at: "private.texts"))
  }

  private mutating func readAliases(_ value: JSONValue?) -> [String: String] {
    var aliases: [String: String] = [:]
    for member in value?.members ?? [] { aliases[member.key] = text(member.value, at: "aliases.\(member.key)") }
    if value != nil, value?.members == nil { mistakes.append("aliases: must be an object") }
    return aliases
  }

  private mutating func readFields(_ value: JSONValue?) -> [String: FieldCatalog.Field] {
    var fields: [String: FieldCatalog.Field] = [:]
    if value != nil, value?.members == nil { mistakes.append("fields: must be an object") }
    for member in value?.members ?? [] {
      let path = "fields.\(Log.clean(member.key, limit: 60))"
      refuseUnknown(member.value.members ?? [], known: ["type", "array", "allowed", "about"], at: "\(path).")
      if let field = FieldCatalog.Field(set: "own", member.value) {
        fields[member.key] = field
      } else {
        let known = FieldCatalog.Field.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        mistakes.append("\(path).type: must be one of \(known)")
      }
    }
    return fields
  }

  private mutating func readNesting(_ value: JSONValue?, of mapping: Mapping) -> Nesting? {
    guard let value else { return nil }
    refuseUnknown(value.members ?? [], known: ["lists", "open"], at: "nested.")
    var nesting = Nesting()
    nesting.lists = Set(texts(value["lists"], at: "nested.lists"))
    if let open = value["open"]?.members {
      if let first = open.first, open.count == 1, let object = first.value.string, !object.isEmpty {
        nesting.open = (first.key, object)
      } else {
        mistakes.append("nested.open: must have one member, a prefix with the name of its object")
      }
    }
    mistakes += nesting.mistakes(mapping.names, others: mapping.others)
    return nesting
  }

  private mutating func readRules(_ value: JSONValue?, at path: String) -> [Rule] {
    guard let values = value?.array, !values.isEmpty else {
      mistakes.append("\(path): an array of rules is missing")
      return []
    }
    return values.enumerated().map { readRule($0.element, at: "\(path)[\($0.offset)]") }
  }

  private mutating func readRule(_ value: JSONValue, at path: String) -> Rule {
    guard let members = value.members else {
      mistakes.append("\(path): the rule is not an object")
      return Rule()
    }
    if let first = members.first { lines[path] = line(of: first.offset) }
    refuseUnknown(members, known: ["from", "to", "as", "lookup", "constant", "else"], at: "\(path).")
    var rule = Rule()
    rule.to = texts(value["to"], at: "\(path).to")
    if rule.to.isEmpty { mistakes.append("\(path).to: the name of an event field is missing") }
    rule.from = texts(value["from"], at: "\(path).from").map { readSource($0, at: "\(path).from") }
    rule.lookup = value["lookup"]?.string
    rule.otherwise = value["else"]?.string
    readConversions(texts(value["as"], at: "\(path).as"), into: &rule, at: path)
    if let constant = value["constant"] { rule.constant = readConstant(constant, at: path) }
    if rule.from.isEmpty == (rule.constant == nil) {
      mistakes.append("\(path): set exactly one of `from` and `constant`")
    }
    return rule
  }

  private mutating func readSource(_ text: String, at path: String) -> RuleSource {
    guard text.hasPrefix("$") else { return .column(text) }
    if let given = Given(rawValue: String(text.dropFirst())) { return .given(given) }
    let known = Given.allCases.map { "$\($0.rawValue)" }.joined(separator: ", ")
    mistakes.append("\(path): unknown value \(Log.clean(text, limit: 60)); known: \(known)")
    return .column(text)
  }

  private mutating func readConversions(_ names: [String], into rule: inout Rule, at path: String) {
    for name in names {
      if name == "list" {
        rule.isList = true
      } else if let conversion = Conversion(rawValue: name), rule.conversion == .text {
        rule.conversion = conversion
      } else {
        let known = Conversion.allCases.map(\.rawValue).joined(separator: ", ")
        mistakes.append(
          "\(path).as: \(Log.clean(name, limit: 60)) must be one of \(known), optionally followed by list")
      }
    }
  }

  private mutating func readConstant(_ value: JSONValue, at path: String) -> String? {
    if case .number(let text) = value, Int64(text) != nil { return text }
    let texts = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
    guard !texts.isEmpty, texts.count == value.array?.count ?? 1, texts.allSatisfy({ !$0.isEmpty }) else {
      mistakes.append("\(path).constant: must be a string, an array of strings or a whole number")
      return nil
    }
    return value.text
  }
}

extension MappingReader {
  /// Checks that need the whole file: duplicate names, missing lookups.
  private mutating func check(_ mapping: Mapping) {
    for (list, rules) in [("event", mapping.event), ("failed", mapping.failed)] {
      var seen: Set<String> = []
      for (index, rule) in rules.enumerated() {
        for name in rule.to where !seen.insert(name).inserted {
          mistakes.append("\(list)[\(index)].to: duplicate field \(name)")
        }
        if rule.conversion == .properties, mapping.others == nil || rule.to != [(mapping.others ?? "") + ".*"] {
          mistakes.append("\(list)[\(index)].to: properties must be written to `<others>.*`")
        }
        checkLookup(rule, mapping, at: "\(list)[\(index)]")
        if rule.isList, rule.from.count > 8 { mistakes.append("\(list)[\(index)].from: a list has at most 8 columns") }
      }
    }
    if !mapping.identity.statuses.isEmpty, mapping.lookups[mapping.identity.statuses] == nil {
      mistakes.append("identity.statuses: unknown lookup")
    }
  }

  private mutating func checkLookup(_ rule: Rule, _ mapping: Mapping, at path: String) {
    guard rule.conversion == .lookup else {
      if rule.lookup != nil { mistakes.append("\(path).lookup: `lookup` requires \"as\": \"lookup\"") }
      return
    }
    if rule.lookup.flatMap({ mapping.lookups[$0] }) == nil {
      mistakes.append("\(path).lookup: unknown lookup")
    }
  }
}
