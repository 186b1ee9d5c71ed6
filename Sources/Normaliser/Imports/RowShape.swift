// Selects the mapping of a row by its columns.

internal import IntakeCore

enum RowShape {
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
    guard span.byte(row.lowerBound) == 0x7B else { return [] }
    var names: [String] = []
    var index = row.lowerBound + 1
    do throws(JSONFault) {
      span.skipSpace(&index)
      while span.byte(index) == 0x22, names.count < 300 {
        var end = index
        _ = try span.skipString(&end)
        names.append(try JSONText.unescape(span, (index + 1)..<(end - 1)))
        try span.skipKey(&index)
        try span.skipLoosely(&index)
        span.skipSpace(&index)
        if span.byte(index) == 0x2C { index += 1 }
        span.skipSpace(&index)
      }
    } catch { return names }
    return names
  }
}
