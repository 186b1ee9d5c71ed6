// The playbook's JSON Schema, for editors. Derived from `Setting`, which is authoritative for the keys;
// playbook.schema.json is its printed form, and a test compares the two.

package import IntakeCore

package enum PlaybookSchema {
  /// Objects that group settings, in the order in which people read them.
  static let sections = ["trigger", "source", "normaliser"]
  /// What only names the playbook.
  static let labels = ["name", "uuid", "type"]

  /// JSON Schema, draft 2020-12.
  package static var document: JSONValue {
    let groups = sections.map { section in
      JSONValue.Member(section, object(settings(in: "\(section).").map { ($0.key, value($0.setting)) }))
    }
    let top = settings(in: "").filter { !$0.key.contains(".") }.map { JSONValue.Member($0.key, value($0.setting)) }
    return .object(
      [
        .init("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
        .init("title", .string("message-trace playbook")),
        .init("description", .string("Where message traces come from, when, how they are mapped and where they go.")),
      ] + closed(labelMembers + groups + top))
  }

  /// The document as the file in the repository holds it.
  package static var text: String {
    var text = ""
    append(document, indent: "", to: &text)
    return text + "\n"
  }

  /// Settings whose key in a playbook begins with `prefix`, with the rest of the key.
  private static func settings(in prefix: String) -> [(key: String, setting: Setting)] {
    Setting.allCases.compactMap { setting in
      guard let path = setting.playbookPath, path.hasPrefix(prefix) else { return nil }
      return (String(path.dropFirst(prefix.utf8.count)), setting)
    }
  }

  private static var labelMembers: [JSONValue.Member] {
    [
      .init("name", .object([.init("type", .string("string")), .init("minLength", .number("1"))])),
      .init("uuid", .object([.init("type", .string("string")), .init("minLength", .number("1"))])),
      .init("type", .object([.init("const", .string("intake"))])),
    ]
  }

  private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(closed(members.map { JSONValue.Member($0.0, $0.1) }))
  }

  /// Unknown keys are mistakes.
  private static func closed(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
    [
      .init("type", .string("object")), .init("additionalProperties", .bool(false)),
      .init("properties", .object(members)),
    ]
  }

  private static func value(_ setting: Setting) -> JSONValue {
    .object([.init("description", .string(setting.summary))] + shape(setting))
  }

  private static func shape(_ setting: Setting) -> [JSONValue.Member] {
    if setting.isSecret { return [.init("oneOf", .array(["env", "file"].map(reference)))] }
    if setting == .proxy {
      let url = JSONValue.object([.init("type", .string("string"))])
      return [.init("oneOf", .array([url] + ["env", "file"].map(reference)))]
    }
    let text = JSONValue.object([.init("type", .string("string"))])
    switch setting.kind {
    case .flag: return [.init("type", .string("boolean"))]
    case .list where setting == .sink:
      return [
        .init("type", .array([.string("array"), .string("string")])),
        .init("items", .object([.init("oneOf", .array([text, sinkObject]))])),
      ]
    case .list: return [.init("type", .array([.string("array"), .string("string")])), .init("items", text)]
    case .value where setting.isNumber: return [.init("type", .array([.string("integer"), .string("string")]))]
    case .value:
      guard let choices = setting.choices else { return [.init("type", .string("string"))] }
      return [.init("enum", .array(choices.map { .string($0) }))]
    }
  }

  private static var sinkObject: JSONValue {
    let text = JSONValue.object([.init("type", .string("string"))])
    let references = JSONValue.object([.init("oneOf", .array(["env", "file"].map(reference)))])
    let headers = JSONValue.object([
      .init("type", .string("object")),
      .init(
        "additionalProperties",
        .object([.init("oneOf", .array([text] + ["env", "file"].map(reference)))])),
    ])
    let members =
      [JSONValue.Member("to", text)] + SinkObject.references.map { JSONValue.Member($0, references) }
      + [JSONValue.Member("headers", headers)]
    return .object(closed(members) + [.init("required", .array([.string("to")]))])
  }

  private static func reference(_ kind: String) -> JSONValue {
    .object(
      closed([.init(kind, .object([.init("type", .string("string")), .init("minLength", .number("1"))]))])
        + [.init("required", .array([.string(kind)]))])
  }

  /// Two spaces a level, one member a line; arrays of plain values on one line.
  private static func append(_ value: JSONValue, indent: String, to text: inout String) {
    guard case .object(let members) = value, !members.isEmpty else { return appendFlat(value, indent, to: &text) }
    text += "{\n"
    for (index, member) in members.enumerated() {
      text += "\(indent)  \(JSONText.quoted(member.key)): "
      append(member.value, indent: indent + "  ", to: &text)
      text += index == members.count - 1 ? "\n" : ",\n"
    }
    text += "\(indent)}"
  }

  private static func appendFlat(_ value: JSONValue, _ indent: String, to text: inout String) {
    guard case .array(let values) = value else {
      text += value.text
      return
    }
    text += "["
    for (index, value) in values.enumerated() {
      append(value, indent: indent, to: &text)
      if index < values.count - 1 { text += ", " }
    }
    text += "]"
  }
}

extension Setting {
  /// The only values that it takes, nil where there is no closed set.
  package var choices: [String]? {
    switch self {
    case .mode: Mode.allCases.map(\.rawValue)
    case .graphAPI: ["v1.0", "beta", "beta-2021"]
    case .profile: Setting.profiles
    default: nil
    }
  }

  /// Names of other schemas that the same core fields can be written in.
  package static let profiles = ["ecs", "sekoia", "cim", "udm-flat", "raw"]
}
