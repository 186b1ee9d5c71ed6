// Rows of the Reporting Web Service as named columns, and the three ways of writing them.

internal import IntakeCore

/// A column's value, typed as the service types it.
enum ReportingValue: Sendable {
  case text(String?)
  case guid(String)
  case number(Int)
  /// `zoned`: written with a `Z` in light JSON.
  case time(Instant, zoned: Bool)
}

typealias ReportingRow = [(name: String, value: ReportingValue)]

/// Writes one page in one shape.
struct ReportingWriter {
  let shape: ReportingShape
  /// `MessageTrace` or `MessageTraceDetail`.
  let report: String
  private static let root = "https://reports.office365.com/ecp/ReportingWebService/Reporting.svc/"

  /// - Parameters:
  ///   - bare: verbose rows as an array without `results`, as the service answers `$top`.
  ///   - next: as the shape spells it: relative in light JSON.
  func page(_ rows: [ReportingRow], firstIndex: Int, bare: Bool, next: String?) -> [UInt8] {
    var output = ODataBytes(capacity: rows.count * 600 + 512)
    switch shape {
    case .verbose:
      output.raw(bare ? #"{"d":["# : #"{"d":{"results":["#)
      writeJSON(rows, firstIndex, to: &output)
      output.raw("]")
      if let next, !bare { output.member("__next", next) }
      output.raw(bare ? "}" : "}}")
    case .light:
      output.raw(#"{"odata.metadata":"\#(Self.root)$metadata#\#(report)","value":["#)
      writeJSON(rows, firstIndex, to: &output)
      output.raw("]")
      if let next { output.member("odata.nextLink", next) }
      output.raw("}")
    case .atom:
      writeFeed(rows, firstIndex, next, to: &output)
    }
    return output.bytes
  }

  private func writeJSON(_ rows: [ReportingRow], _ firstIndex: Int, to output: inout ODataBytes) {
    for (number, row) in rows.enumerated() {
      output.raw(number > 0 ? ",{" : "{")
      if shape == .verbose {
        let id = "\(Self.root)\(report)(\(firstIndex + number))"
        output.raw(#""__metadata":{"id":"\#(id)","uri":"\#(id)","type":"TenantReporting.\#(report)"}"#)
      }
      for (position, column) in row.enumerated() {
        output.raw(position > 0 || shape == .verbose ? ",\"" : "\"")
        output.raw(column.name)
        output.raw("\":")
        write(column.value, to: &output)
      }
      output.raw("}")
    }
  }

  private func write(_ value: ReportingValue, to output: inout ODataBytes) {
    switch value {
    case .text(let text): output.quote(text)
    case .guid(let text): output.quote(text)
    case .number(let number): output.raw(String(number))
    case .time(let instant, let zoned):
      output.raw(
        shape == .verbose ? #""\/Date(\#(Self.milliseconds(instant)))\/""# : "\"\(Self.spell(instant, zoned))\"")
    }
  }

  private func writeFeed(_ rows: [ReportingRow], _ firstIndex: Int, _ next: String?, to output: inout ODataBytes) {
    output.raw(
      #"<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" "#
        + #"xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" "#
        + #"xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><title type="text">\#(report)</title>"#
    )
    for (number, row) in rows.enumerated() {
      output.raw("<entry><id>\(Self.root)\(report)(\(firstIndex + number))</id>")
      output.raw(#"<content type="application/xml"><m:properties>"#)
      for column in row { output.raw(element(column.name, column.value)) }
      output.raw("</m:properties></content></entry>")
    }
    if let next { output.raw(#"<link rel="next" href="\#(Self.escape(next))"/>"#) }
    output.raw("</feed>")
  }

  private func element(_ name: String, _ value: ReportingValue) -> String {
    switch value {
    case .text(nil): #"<d:\#(name) m:null="true"/>"#
    case .text(let text?): "<d:\(name)>\(Self.escape(text))</d:\(name)>"
    case .guid(let text): #"<d:\#(name) m:type="Edm.Guid">\#(text)</d:\#(name)>"#
    case .number(let number): #"<d:\#(name) m:type="Edm.Int32">\#(number)</d:\#(name)>"#
    case .time(let instant, let zoned):
      #"<d:\#(name) m:type="Edm.DateTime">\#(Self.spell(instant, zoned))</d:\#(name)>"#
    }
  }

  /// Seven fraction digits.
  private static func spell(_ instant: Instant, _ zoned: Bool) -> String {
    let text = Timestamp.exactText(instant)
    return zoned ? text : String(text.dropLast())
  }

  private static func milliseconds(_ instant: Instant) -> Int64 {
    instant.ticks / 10_000 - (instant.ticks % 10_000 < 0 ? 1 : 0)
  }

  /// XML 1.0 text; characters that XML cannot hold become spaces.
  static func escape(_ text: String) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "&": output += "&amp;"
      case "\"": output += "&quot;"
      case "\n", "\t", "\r": output += "&#\(scalar.value);"
      case let scalar where scalar.value < 0x20: output += " "
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}
