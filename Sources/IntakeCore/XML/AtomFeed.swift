// The legacy service's default answer, an Atom feed, turned into the JSON rows that everything else reads.
// OData version 2, Atom format: entry / content / m:properties / d:Column with m:type and m:null.

/// Rows as JSON in one buffer, and the next link: a page's worth.
package struct AtomFeed {
  package private(set) var bytes: [UInt8] = []
  package private(set) var rows: [Range<Int>] = []
  package private(set) var next: String?

  /// The service has some twenty.
  private static let mostColumns = 1_000

  private var path: [String] = []
  private var row: [JSONValue.Member] = []
  private var column: (name: String, type: String, isNull: Bool, text: String)?

  /// nil if the document is whole XML but no feed; throws where it is not whole.
  package init?(_ document: [UInt8]) throws(XMLFault) {
    var reader = XMLReader(document)
    var root: String?
    while let event = try reader.next() {
      switch event {
      case .start(let name, let attributes):
        guard row.count <= Self.mostColumns, rows.count < Envelope.mostRows else {
          throw XMLFault(offset: 0, reason: "it has more columns or rows than the service gives")
        }
        root = root ?? name
        start(name, attributes)
      case .text(let text): column?.text += text
      case .end(let name): end(name)
      }
    }
    guard root == "feed" else { return nil }
  }

  private mutating func start(_ name: String, _ attributes: [String: String]) {
    switch path.last {
    case "properties":
      column = (name, attributes["type"] ?? "", attributes["null"] == "true", "")
    case "feed" where name == "link" && attributes["rel"] == "next":
      next = attributes["href"]
    case "feed" where name == "entry":
      row = []
    default: break
    }
    path.append(name)
  }

  private mutating func end(_ name: String) {
    _ = path.popLast()
    if path.last == "properties", let column {
      row.append(JSONValue.Member(column.name, Self.value(column.text, column.type, column.isNull)))
      self.column = nil
    } else if name == "entry", path.last == "feed" {
      let begin = bytes.count
      JSONValue.object(row).append(to: &bytes)
      rows.append(begin..<bytes.count)
    }
  }

  /// Whole numbers and truth values become JSON's own; everything else stays text.
  private static func value(_ text: String, _ type: String, _ isNull: Bool) -> JSONValue {
    if isNull { return .null }
    switch type {
    case "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte", "Edm.SByte":
      return Int64(text.trimmingSpace).map { .number(String($0)) } ?? .string(text)
    case "Edm.Boolean":
      return text == "true" || text == "false" ? .bool(text == "true") : .string(text)
    default: return .string(text)
    }
  }
}
