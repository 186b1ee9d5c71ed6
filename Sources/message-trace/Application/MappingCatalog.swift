// Mappings by name (embedded in the binary) or by path (a user's own).

internal import IntakeCore
internal import Mappings
internal import Normaliser
internal import Synchronization

enum MappingCatalog {
  /// Mappings by name or path with the text that they were read from: every pass of every tenant asks for one.
  private static let known = Mutex<[String: (bytes: [UInt8], mapping: Mapping)]>([:])

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
    if let text = text(nameOrPath) {
      return try known(nameOrPath, Array(text.utf8)) { bytes throws(Failure) in
        try Mapping(parsing: bytes, file: "\(nameOrPath).json")
      }
    }
    if let unknown = unknown(nameOrPath) { throw unknown }
    return try file(nameOrPath)
  }

  /// The mapping that was made of these very bytes; else makes it.
  private static func known(
    _ name: String, _ bytes: [UInt8], _ make: ([UInt8]) throws(Failure) -> Mapping
  ) throws(Failure) -> Mapping {
    if let last = known.withLock({ $0[name] }), last.bytes == bytes { return last.mapping }
    let mapping = try make(bytes)
    known.withLock { $0[name] = (bytes, mapping) }
    return mapping
  }

  /// What is valid in a mapping and most likely a mistake, one sentence each.
  static func doubts(_ mapping: Mapping) throws(Failure) -> [String] {
    var known: Set<String> = []
    for name in names { known.formUnion(try Self.mapping(name).columns) }
    return mapping.doubts(knowing: known)
  }

  /// Refuses a mapping whose events of these rows would have no time or no identity.
  /// - Parameters:
  ///   - shape: the mapping that is the rows' own.
  ///   - isExport: see `Mapping.missing`.
  static func check(
    _ mapping: Mapping, _ nameOrPath: String, fits shape: String, isExport: Bool
  ) throws(Failure) {
    let missing = mapping.missing(in: try Self.mapping(shape).columns, isExport: isExport)
    guard let first = missing.first else { return }
    let others = ["graph", "reporting", "graph-2021"].filter { $0 != shape }
    let made = others.first { name in
      (try? Self.mapping(name)).map { mapping.missing(in: $0.columns).isEmpty } ?? false
    }
    throw Failure(
      "mapping.shape", exit: .configuration,
      "Reading the mapping \(Log.clean(nameOrPath, limit: 200)): the service's rows, whose own mapping is \(shape), have no column \(Log.clean(first, limit: 80))\(made.map { "; it is made for rows of \($0)" } ?? "").",
      hint: "Start from the mapping of these rows: message-trace mapping show \(shape)")
  }

  /// Where the events of every profile say which message they are about, flat and nested; raw rows last.
  static func eventNames() throws(Failure) -> [EventNames] {
    var names: [EventNames] = []
    for name in ["graph", "sekoia", "cim", "udm-flat"] { names.append(try mapping(name).eventNames()) }
    names.append(try mapping("udm-flat").eventNames(isNested: true))
    for name in ["graph", "reporting"] { names.append(try mapping(name).eventNames(isRaw: true)) }
    return names
  }

  /// Every name that an event may have.
  static func fields() throws(Failure) -> FieldCatalog {
    try FieldCatalog(parsing: Array((text("fields") ?? "").utf8), file: "fields.json")
  }

  /// A user's own mapping, held against the names that an event may have and made ready once, so that every mistake is
  /// found before the first row.
  static func file(_ path: String) throws(Failure) -> Mapping {
    try known(path, try FileBytes.read(path, purpose: "mapping")) { bytes throws(Failure) in
      let mapping = try Mapping(parsing: bytes, file: path, catalog: try fields())
      _ = try RowNormaliser(mapping: mapping, settings: NormaliserSettings())
      return mapping
    }
  }
}
