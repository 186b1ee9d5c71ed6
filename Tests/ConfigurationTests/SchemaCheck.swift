// As much of JSON Schema as the playbook's schema uses; a keyword that is not known here fails the check.

internal import IntakeCore

/// Checks one value against one schema.
struct SchemaCheck {
  let schema: JSONValue

  /// True if the value fits every keyword.
  func accepts(_ value: JSONValue) -> Bool {
    guard let members = schema.members else { return false }
    return members.allSatisfy { fits(value, keyword: $0.key, argument: $0.value) }
  }

  private func fits(_ value: JSONValue, keyword: String, argument: JSONValue) -> Bool {
    switch keyword {
    case "$schema", "title", "description": return true
    case "type": return (argument.array ?? [argument]).contains { $0.string.map { isType(value, $0) } ?? false }
    case "const": return value == argument
    case "enum": return argument.array?.contains(value) ?? false
    case "minLength": return value.string.map { $0.count >= Int(argument.integer ?? 0) } ?? true
    case "oneOf": return argument.array?.count { SchemaCheck(schema: $0).accepts(value) } == 1
    case "required": return argument.array?.allSatisfy { $0.string.map { value[$0] != nil } ?? false } ?? false
    case "items": return value.array?.allSatisfy { SchemaCheck(schema: argument).accepts($0) } ?? true
    case "properties":
      return value.members?.allSatisfy { member in
        argument[member.key].map { SchemaCheck(schema: $0).accepts(member.value) } ?? true
      } ?? true
    case "additionalProperties" where argument.members != nil:
      return value.members?.allSatisfy { SchemaCheck(schema: argument).accepts($0.value) } ?? true
    case "additionalProperties":
      guard argument == .bool(false), let known = schema["properties"] else { return false }
      return value.members?.allSatisfy { known[$0.key] != nil } ?? true
    default: return false
    }
  }

  private func isType(_ value: JSONValue, _ name: String) -> Bool {
    switch value {
    case .null: name == "null"
    case .bool: name == "boolean"
    case .number(let text): name == "number" || name == "integer" && Int64(text) != nil
    case .string: name == "string"
    case .array: name == "array"
    case .object: name == "object"
    }
  }
}
