// Selects the mapping of a row by its columns.

internal import IntakeCore

enum RowShape {
  /// Names that are looked at.
  private static let most = 300

  /// The mapping's name, nil if the columns are of no shape that is known. Names are compared without regard to case.
  static func of(_ span: RawSpan, _ row: Range<Int>) -> String? {
    let names = Set(columns(span, row).map { ASCII.lowerCased($0) })
    return mapping(names)
  }

  /// - Parameter names: in lower case.
  static func mapping(_ names: Set<String>) -> String? {
    if names.contains("senderemail") || names.contains("recipients") { return "graph-2021" }
    if names.contains("event") {
      if names.contains("datetime") { return "graph-detail" }
      if names.contains("date"), names.contains("messagetraceid") { return "reporting-detail" }
    }
    if names.contains("receiveddatetime") { return "graph" }
    if names.contains("messagetraceid") || (names.contains("received") && names.contains("recipientaddress")) {
      return "reporting"
    }
    if names.contains("id"), names.contains("recipientaddress") { return "graph" }
    return nil
  }

  /// The names of a row's columns; none if it is no object.
  static func columns(_ span: RawSpan, _ row: Range<Int>) -> [String] {
    var names: [String] = []
    var index = row.lowerBound
    // As far as the row can be read.
    try? span.forEachMember(&index) { key, index throws(JSONFault) in
      guard names.count < Self.most else { throw JSONFault(index, .tooManyRows) }
      names.append(try JSONText.unescape(span, key))
      try span.skipLoosely(&index)
    }
    return names
  }
}
