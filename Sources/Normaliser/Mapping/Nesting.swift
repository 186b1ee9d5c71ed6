// How dotted names become objects, for receivers that read nested JSON: the member `nested` of a mapping file.

internal import IntakeCore

/// Which parts of a dotted name are lists, and where names stop to be split.
struct Nesting: Sendable, Equatable {
  /// Dotted names that are written as a list of one: an object, or a value.
  var lists: Set<String> = []
  /// A prefix without its dot, and the object that takes the names behind it as they are. Empty for none.
  var open = (prefix: "", object: "")

  static func == (left: Nesting, right: Nesting) -> Bool { left.lists == right.lists && left.open == right.open }

  /// The keys that lead to a field's value.
  func path(to name: String) -> [String] {
    guard !open.prefix.isEmpty, name.hasPrefix(open.prefix + ".") else {
      return name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
    return [open.object, String(name.dropFirst(open.prefix.utf8.count + 1))]
  }

  /// Why the names of a mapping cannot be nested, one sentence each: a name would be a value and an object.
  func mistakes(_ names: [String], others: String?) -> [String] {
    let paths = Set(names.map { path(to: $0) })
    let clashes = names.sorted().filter { name in
      let path = path(to: name)
      return (1..<path.count).contains { paths.contains(Array(path.prefix($0))) }
    }
    let outside =
      others.map { $0 == open.prefix || open.prefix.isEmpty == false && $0.hasPrefix(open.prefix + ".") } ?? true
    return clashes.map { "nested: \($0) is below a field that has a value" }
      + (outside ? [] : ["nested.open: must hold `others`, whose names are not known before"])
  }
}
