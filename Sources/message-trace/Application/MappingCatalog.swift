// Mappings by name (embedded in the binary) or by path (a user's own).

internal import Configuration
internal import IntakeCore
internal import Mappings
internal import Normaliser

enum MappingCatalog {
  /// Names of the embedded mappings.
  static var names: [String] {
    EmbeddedMapping.all.map { String($0.file.dropLast(".json".utf8.count)) }.filter { $0 != "fields" }.sorted()
  }

  /// The text of an embedded mapping, nil if there is none of that name.
  static func text(_ name: String) -> String? {
    EmbeddedMapping.all.first { $0.file == "\(name).json" }?.text
  }

  /// Why there can be no such mapping; nil for the names of `names`, and for files, which are not looked for.
  static func unknown(_ nameOrPath: String) -> Failure? {
    guard !nameOrPath.contains("/"), !nameOrPath.hasSuffix(".json"), text(nameOrPath) == nil else { return nil }
    let known = ["ecs"] + names
    return Failure(
      "mapping.unknown", exit: .configuration,
      "Looking for the mapping \(Log.clean(nameOrPath, limit: 100)): no mapping has that name\(Suggestion.question(nameOrPath, among: known))",
      hint: "Use one of \(known.joined(separator: ", ")), or the path of a file.")
  }

  /// - Parameter nameOrPath: a name of `names`, or a file: anything with a slash or ending in `.json`.
  static func mapping(_ nameOrPath: String) throws(Failure) -> Mapping {
    if let text = text(nameOrPath) { return try Mapping(parsing: Array(text.utf8), file: "\(nameOrPath).json") }
    if let unknown = unknown(nameOrPath) { throw unknown }
    return try file(nameOrPath)
  }

  /// Every name that an event may have.
  static func fields() throws(Failure) -> FieldCatalog {
    try FieldCatalog(parsing: Array((text("fields") ?? "").utf8), file: "fields.json")
  }

  /// A user's own mapping, held against the names that an event may have and made ready once, so that every mistake is
  /// found before the first row.
  static func file(_ path: String) throws(Failure) -> Mapping {
    let bytes = try FileBytes.read(path, purpose: "mapping")
    let mapping = try Mapping(parsing: bytes, file: path, catalog: try fields())
    _ = try RowNormaliser(mapping: mapping, settings: NormaliserSettings())
    return mapping
  }
}
