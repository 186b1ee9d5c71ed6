// mappings/fields.json: every name that an event may have. Mappings are held against it, and tests hold events.

package import IntakeCore

/// The names allowed on the right of a mapping, with their types.
package struct FieldCatalog: Sendable {
  /// One name.
  package struct Field: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
      case date, keyword, wildcard, ip, long
      case text = "match_only_text"

      /// True if a value of the other kind fits.
      func takes(_ other: Kind) -> Bool {
        switch (self, other) {
        case (.date, .date), (.ip, .ip), (.long, .long): true
        case (.keyword, _), (.wildcard, _), (.text, _): other != .long
        case (.date, _), (.ip, _), (.long, _): false
        }
      }

      /// A description for people.
      var phrase: String {
        switch self {
        case .date: "a time"
        case .ip: "an IP address"
        case .long: "a whole number"
        case .keyword, .wildcard, .text: "a string"
        }
      }
    }

    /// `ecs`, `ours`, or the profile that it belongs to.
    package var set: String
    package var kind: Kind
    package var isArray: Bool
    /// The values it may have; empty for any.
    package var allowed: [String]

    /// nil where it has no known type.
    init?(set: String, _ value: JSONValue) {
      guard let kind = value["type"]?.string.flatMap({ Kind(rawValue: $0) }) else { return nil }
      self.set = set
      self.kind = kind
      isArray = value["array"]?.bool ?? false
      allowed = value["allowed"]?.array?.compactMap(\.string) ?? []
    }
  }

  package let fields: [String: Field]
  /// Prefixes under which any column is allowed.
  package let open: [String]
  /// The values of `tags`, with their meaning.
  package let tags: [String: String]

  /// Throws for a file that is no catalog (exit code 78).
  package init(parsing bytes: [UInt8], file: String) throws(Failure) {
    guard let document = try? JSONValue(parsing: bytes), let members = document["fields"]?.members else {
      throw Failure("fields.invalid", exit: .configuration, "Reading the field names in \(file): `fields` is missing.")
    }
    var fields: [String: Field] = [:]
    for member in members {
      guard let set = member.value["set"]?.string, let field = Field(set: set, member.value) else {
        throw Failure(
          "fields.invalid", exit: .configuration,
          "Reading the field names in \(file): \(Log.clean(member.key, limit: 80)) has no set or no known type.")
      }
      fields[member.key] = field
    }
    self.fields = fields
    open = document["open"]?.members?.map(\.key) ?? []
    tags = Dictionary(
      uniqueKeysWithValues: (document["tags"]?.members ?? []).map { ($0.key, $0.value.string ?? "") })
  }

  /// True for a listed name and for one under an open prefix.
  package func allows(_ name: String) -> Bool {
    fields[name] != nil || open.contains { name.hasPrefix($0 + ".") }
  }

  /// Throws for a mapping with unknown names or with values that a field does not allow; lists all of them.
  package func check(_ mapping: Mapping, file: String) throws(Failure) {
    let mistakes = mistakes(in: mapping)
    guard mistakes.isEmpty else { throw MappingReader.refusal(mistakes, file: file) }
  }

  /// Each with its place in the file.
  func mistakes(in mapping: Mapping) -> [String] {
    var mistakes: [String] = []
    for (list, rules) in [("event", mapping.event), ("failed", mapping.failed)] {
      for (index, rule) in rules.enumerated() where rule.conversion != .properties {
        for name in rule.to { mistakes += check(name, rule, mapping).map { "\(list)[\(index)].to: \($0)" } }
        if let name = rule.otherwise {
          mistakes += checkOtherwise(name, mapping).map { "\(list)[\(index)].else: \($0)" }
        }
      }
    }
    return mistakes
  }

  private func check(_ name: String, _ rule: Rule, _ mapping: Mapping) -> [String] {
    guard let field = mapping.fields[name] ?? fields[name] else { return unknown(name, mapping) }
    var mistakes: [String] = []
    let isArray = rule.isList || rule.constant?.hasPrefix("[") == true || rule.isGivenList
    if field.isArray, !isArray { mistakes.append("\(name): expects a list: add \"as\": \"list\"") }
    if !field.isArray, isArray { mistakes.append("\(name): expects a single value") }
    if let kind = rule.kind, !field.kind.takes(kind) {
      mistakes.append("\(name): expects \(field.kind.phrase), the rule produces \(kind.phrase)")
    }
    return mistakes + checkConstant(rule, name, field)
  }

  private func checkOtherwise(_ name: String, _ mapping: Mapping) -> [String] {
    guard let field = mapping.fields[name] ?? fields[name] else { return unknown(name, mapping) }
    guard field.kind.takes(.keyword), !field.isArray else { return ["\(name): cannot hold arbitrary text"] }
    return []
  }

  private func unknown(_ name: String, _ mapping: Mapping) -> [String] {
    guard !allows(name), mapping.others.map({ name.hasPrefix($0 + ".") }) != true else { return [] }
    let shown = Log.clean(name, limit: 80)
    let meant = Suggestion.name(to: name, among: Array(mapping.fields.keys) + fields.keys.sorted())
    return ["\(shown): no such field\(meant.map { " (did you mean \($0)?)" } ?? "")"]
  }

  private func checkConstant(_ rule: Rule, _ name: String, _ field: Field) -> [String] {
    guard !field.allowed.isEmpty, let constant = rule.constant,
      let value = try? JSONValue(parsing: Array(constant.utf8))
    else { return [] }
    let texts = value.array?.compactMap(\.string) ?? [value.string ?? ""]
    return texts.filter { !field.allowed.contains($0) }.map {
      "\(name): \(Log.clean($0, limit: 60)) is not one of \(field.allowed.joined(separator: ", "))"
    }
  }
}

extension Rule {
  /// The type of the result; nil if it is not known in advance.
  fileprivate var kind: FieldCatalog.Field.Kind? {
    if let constant { return Int64(constant) == nil ? .keyword : .long }
    switch conversion {
    case .timestamp: return .date
    case .ip: return .ip
    case .integer: return .long
    case .lowerCase, .domain, .localPart, .withoutBrackets, .lookup: return .keyword
    case .properties: return nil
    case .text: break
    }
    let kinds = from.map { source -> FieldCatalog.Field.Kind in
      guard case .given(let given) = source else { return .keyword }
      switch given {
      case .created, .received: return .date
      case .cutLengths: return .long
      case .identity, .status, .direction, .original, .reason, .provider, .flags, .recipient, .tenantName, .tenantID,
        .cutColumns, .cutHashes:
        return .keyword
      }
    }
    return kinds.first { $0 != .date } ?? kinds.first
  }
}
