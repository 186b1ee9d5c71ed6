// Which mapping and settings the rows are mapped with, for collecting and for files alike.

internal import Configuration
internal import IntakeCore
internal import Normaliser

/// The normaliser part of the settings.
struct MappingSettings: Sendable {
  /// `ecs`: each shape of row by its own mapping; else the name or path of one mapping for all.
  let mapping: String
  var settings: NormaliserSettings

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
    if mapping == "raw", reader.list(.redact) != nil {
      reader.note("\(reader.name(.redact)) excludes the profile raw: rows that go out as they came hide nothing.")
    }
    let isNested = reader.flag(.nested)
    if isNested, Setting.profiles.contains(mapping) || MappingCatalog.text(mapping) != nil, mapping != "udm-flat" {
      reader.note("\(reader.name(.nested)) requires the profile udm-flat; events of \(mapping) are flat.")
    }
    settings = NormaliserSettings(
      tenant: reader.tenant(), localDomains: reader.list(.localDomains) ?? [],
      keepOriginal: reader.flag(.keepOriginal), isNested: isNested, redaction: Self.redaction(&reader))
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
  ///   - shape: which mapping is the rows' own: `reporting`, `graph`, `graph-2021`, `graph-detail`, `reporting-detail`.
  ///   - provider: `event.provider`; empty: the service of the rows, in a mapping of the user's own what it says.
  ///   - foldColumns: column names of any letter case, for exports.
  /// - Throws: exit 66 or 78 for a mapping that cannot be read, is wrong, or was made for rows of another shape.
  func normaliser(shape: String, provider: String = "", foldColumns: Bool = false) throws(Failure) -> RowNormaliser {
    var settings = settings
    let isProfile = provider.isEmpty && Setting.profiles.contains(mapping)
    settings.provider = isProfile ? (shape.hasPrefix("graph") ? "graph" : "reporting") : provider
    settings.foldColumns = foldColumns
    settings.isRaw = isRaw
    return try RowNormaliser(mapping: try mapping(shape: shape, foldColumns: foldColumns), settings: settings)
  }

  /// True if rows go out as they came.
  var isRaw: Bool { mapping == "raw" }

  /// The mapping for rows of a shape: each profile has its own for details.
  func mapping(shape: String, foldColumns: Bool = false) throws(Failure) -> Mapping {
    guard mapping != "ecs", !isRaw else { return try MappingCatalog.mapping(shape) }
    guard !Setting.profiles.contains(mapping) else {
      return try MappingCatalog.mapping(shape.hasSuffix("-detail") ? "\(mapping)-detail" : mapping)
    }
    let own = try MappingCatalog.mapping(mapping)
    try MappingCatalog.check(own, mapping, fits: shape, isExport: foldColumns)
    return own
  }
}
