// Which mapping and settings the rows are mapped with, for collecting and for files alike.

internal import Configuration
internal import IntakeCore
internal import Normaliser

/// The normaliser part of the settings.
struct MappingSettings: Sendable {
  /// `ecs`: each shape of row by its own mapping; else the name or path of one mapping for all.
  let mapping: String
  let settings: NormaliserSettings

  /// - Throws: exit 78 with every mistake.
  init(_ layer: SettingLayer, environment: [String: String]) throws(Failure) {
    var reader = SettingReader(layer: layer, environment: environment)
    self.init(&reader)
    guard reader.mistakes.isEmpty else { throw reader.failure }
  }

  init(_ reader: inout SettingReader) {
    let profile = reader.choice(.profile, { Setting.profiles.contains($0) ? $0 : nil }, among: Setting.profiles)
    if reader.text(.mapping) != nil, profile != nil {
      reader.note("\(reader.name(.profile)) and \(reader.name(.mapping)) cannot be combined.")
    }
    if let name = reader.text(.mapping), name != "ecs", let unknown = MappingCatalog.unknown(name) {
      reader.note(unknown, of: .mapping)
    }
    mapping = reader.text(.mapping) ?? profile ?? "ecs"
    settings = NormaliserSettings(
      tenant: reader.tenant(), localDomains: reader.list(.localDomains) ?? [],
      keepOriginal: reader.flag(.keepOriginal), redaction: Self.redaction(&reader))
  }

  private static func redaction(_ reader: inout SettingReader) -> Redaction? {
    guard let parts = reader.list(.redact), !parts.isEmpty,
      let key = reader.secret(.redactKeyFile)
    else { return nil }
    do throws(Failure) {
      return try Redaction(list: parts.joined(separator: ","), key: key)
    } catch {
      reader.note(error, of: .redact)
      return nil
    }
  }

  /// What is valid in a mapping from a file and most likely a mistake.
  func doubts() throws(Failure) -> [String] {
    guard mapping != "ecs", MappingCatalog.text(mapping) == nil else { return [] }
    return try MappingCatalog.doubts(try MappingCatalog.mapping(mapping))
  }

  /// - Parameters:
  ///   - shape: which mapping is the rows' own: `reporting`, `graph`, `graph-2021`, …
  ///   - provider: `event.provider`; empty: what the mapping says.
  ///   - foldColumns: column names of any letter case, for exports.
  /// - Throws: exit 66 or 78 for a mapping that cannot be read or is wrong.
  func normaliser(shape: String, provider: String = "", foldColumns: Bool = false) throws(Failure) -> RowNormaliser {
    var settings = settings
    settings.provider = provider
    settings.foldColumns = foldColumns
    let found = try MappingCatalog.mapping(mapping == "ecs" ? shape : mapping)
    // Exports spell columns in many ways; each file's shape is known only when it is read.
    if mapping != "ecs", !foldColumns { try MappingCatalog.check(found, mapping, fits: shape) }
    return try RowNormaliser(mapping: found, settings: settings)
  }
}
