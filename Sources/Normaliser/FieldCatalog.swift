// mappings/fields.json: every name that an event may have. Mappings are held against it, and tests hold events.

package import IntakeCore

/// The names allowed on the right of a mapping, with their types.
package struct FieldCatalog: Sendable {
  /// One name.
  package struct Field: Sendable, Equatable {
    package enum Kind: String, Sendable {
      case date, keyword, wildcard, ip, long
      case text = "match_only_text"
    }

    /// `ecs`, `ours`, or the profile that it belongs to.
    package var set: String
    package var kind: Kind
    package var isArray: Bool
    /// The values it may have; empty for any.
    package var allowed: [String]
  }

  package let fields: [String: Field]
  /// Below these names any column may stand.
  package let open: [String]
  /// The values of `tags`, with their meaning.
  package let tags: [String: String]

  /// Throws for a file that is no catalog (exit code 78).
  package init(parsing bytes: [UInt8], file: String) throws(Failure) {
    guard let document = try? JSONValue(parsing: bytes), let members = document["fields"]?.members else {
      throw Failure("fields.invalid", exit: .configuration, "Reading the field names in \(file): it holds no `fields`.")
    }
    var fields: [String: Field] = [:]
    for member in members {
      guard let set = member.value["set"]?.string,
        let kind = member.value["type"]?.string.flatMap({ Field.Kind(rawValue: $0) })
      else {
        throw Failure(
          "fields.invalid", exit: .configuration,
          "Reading the field names in \(file): \(Log.clean(member.key, limit: 80)) has no set or no known type.")
      }
      fields[member.key] = Field(
        set: set, kind: kind, isArray: member.value["array"]?.bool ?? false,
        allowed: member.value["allowed"]?.array?.compactMap(\.string) ?? [])
    }
    self.fields = fields
    open = document["open"]?.members?.map(\.key) ?? []
    tags = Dictionary(
      uniqueKeysWithValues: (document["tags"]?.members ?? []).map { ($0.key, $0.value.string ?? "") })
  }

  /// True for a name that is listed, or stands below an open one.
  package func allows(_ name: String) -> Bool {
    fields[name] != nil || open.contains { name.hasPrefix($0 + ".") }
  }

  /// Refuses a mapping with names that no event may have, or lists where the name takes one value; all at once.
  package func check(_ mapping: Mapping, file: String) throws(Failure) {
    var mistakes = mapping.names.filter { !allows($0) }.map { "\($0): no such field" }
    for rule in mapping.event + mapping.failed {
      let isArray = rule.isList || rule.constant?.hasPrefix("[") == true || rule.from == [.given(.flags)]
      for name in rule.to {
        guard let field = fields[name] else { continue }
        if field.isArray != isArray { mistakes.append("\(name): it takes \(field.isArray ? "a list" : "one value")") }
        mistakes += checkConstant(rule, name, field)
      }
    }
    guard mistakes.isEmpty else {
      throw Failure(
        "mapping.invalid", exit: .configuration,
        "Reading the mapping \(file): \(mistakes.joined(separator: "; ")).",
        hint: "message-trace mapping show fields lists the names that an event may have.")
    }
  }

  private func checkConstant(_ rule: Rule, _ name: String, _ field: Field) -> [String] {
    guard !field.allowed.isEmpty, let constant = rule.constant,
      let value = try? JSONValue(parsing: Array(constant.utf8))
    else { return [] }
    let texts = value.array?.compactMap(\.string) ?? [value.string ?? ""]
    return texts.filter { !field.allowed.contains($0) }.map { "\(name): \(Log.clean($0, limit: 60)) is not allowed" }
  }
}
