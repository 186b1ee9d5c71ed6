// Exchange's event data, `<root><MEP Name="RcptCount" Integer="2" /></root>`, decoded. Strict: what is not exactly of
// this family is left to the caller as text.

internal import IntakeCore

/// One `MEP` element.
struct ExchangeProperty {
  var name: [UInt8] = []
  /// UTF-8, entities resolved.
  var text: [UInt8] = []
  /// True for a number or truth value that may stand in JSON without quotes.
  var isPlain = false
}

/// A reader of one document.
struct ExchangeProperties {
  private static let most = 256

  /// nil for anything but a `root` of `MEP` elements with a name and one typed attribute each.
  static func parse(_ span: RawSpan, _ start: Int, _ end: Int) -> [ExchangeProperty]? {
    var index = start
    guard take("<root>", span, &index, end) else {
      return take("<root/>", span, &index, end) && isDone(span, index, end) ? [] : nil
    }
    var properties: [ExchangeProperty] = []
    while true {
      skipSpace(span, &index, end)
      if take("</root>", span, &index, end) { return isDone(span, index, end) ? properties : nil }
      guard properties.count < most, let property = element(span, &index, end) else { return nil }
      properties.append(property)
    }
  }

  private static func isDone(_ span: RawSpan, _ index: Int, _ end: Int) -> Bool {
    var index = index
    skipSpace(span, &index, end)
    return index == end
  }

  private static func element(_ span: RawSpan, _ index: inout Int, _ end: Int) -> ExchangeProperty? {
    guard take("<MEP", span, &index, end) else { return nil }
    var property = ExchangeProperty()
    var type: [UInt8] = []
    var count = 0
    while true {
      let before = index
      skipSpace(span, &index, end)
      if take("/>", span, &index, end) { break }
      guard index > before, let attribute = attribute(span, &index, end) else { return nil }
      count += 1
      if attribute.name == Array("Name".utf8) {
        property.name = attribute.text
      } else {
        type = attribute.name
        property.text = attribute.text
      }
    }
    guard count == 2, !property.name.isEmpty, !type.isEmpty else { return nil }
    return typed(property, as: String(decoding: type, as: UTF8.self))
  }

  private static func typed(_ property: ExchangeProperty, as type: String) -> ExchangeProperty? {
    var property = property
    let text = String(decoding: property.text, as: UTF8.self)
    switch type {
    case "String", "DateTime", "Blob": break
    case "Integer", "Long":
      guard let value = Int64(text), !text.hasPrefix("+") else { break }
      property.text = Array(String(value).utf8)
      property.isPlain = true
    case "Double":
      var index = 0
      let isNumber = (try? (unsafe property.text.span.bytes).skipNumber(&index)) != nil
      property.isPlain = isNumber && index == property.text.count && index <= 24 && !text.contains { "eE".contains($0) }
    case "Bool":
      let lowered = ASCII.lowerCased(text)
      guard lowered == "true" || lowered == "false" else { break }
      property.text = Array(lowered.utf8)
      property.isPlain = true
    default: return nil
    }
    return property
  }

  private static func attribute(_ span: RawSpan, _ index: inout Int, _ end: Int) -> (name: [UInt8], text: [UInt8])? {
    var name: [UInt8] = []
    while index < end, ASCII.isUpper(span.byte(index)) || ASCII.isLowerOrDigit(span.byte(index)) {
      name.append(span.byte(index))
      index += 1
    }
    guard !name.isEmpty, index + 1 < end, span.byte(index) == UInt8(ascii: "=") else { return nil }
    let quote = span.byte(index + 1)
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    index += 2
    var text: [UInt8] = []
    while index < end, span.byte(index) != quote {
      switch span.byte(index) {
      case UInt8(ascii: "<"): return nil
      case UInt8(ascii: "&"):
        guard appendEntity(span, &index, end, to: &text) else { return nil }
      default:
        text.append(span.byte(index))
        index += 1
      }
    }
    guard index < end else { return nil }
    index += 1
    return (name, text)
  }

  private static func appendEntity(_ span: RawSpan, _ index: inout Int, _ end: Int, to text: inout [UInt8]) -> Bool {
    var name = ""
    index += 1
    while index < end, span.byte(index) != UInt8(ascii: ";"), name.utf8.count < 10 {
      name.unicodeScalars.append(Unicode.Scalar(span.byte(index)))
      index += 1
    }
    guard index < end, span.byte(index) == UInt8(ascii: ";") else { return false }
    index += 1
    let scalar: UInt32? =
      switch name {
      case "lt": 0x3C
      case "gt": 0x3E
      case "amp": 0x26
      case "quot": 0x22
      case "apos": 0x27
      default:
        name.hasPrefix("#x")
          ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst(1)) : nil
      }
    guard let scalar = scalar.flatMap(Unicode.Scalar.init) else { return false }
    text.append(contentsOf: Array(String(scalar).utf8))
    return true
  }

  private static func take(_ expected: StaticString, _ span: RawSpan, _ index: inout Int, _ end: Int) -> Bool {
    guard index + expected.utf8CodeUnitCount <= end, span.matches(index, expected) else { return false }
    index += expected.utf8CodeUnitCount
    return true
  }

  private static func skipSpace(_ span: RawSpan, _ index: inout Int, _ end: Int) {
    while index < end, span.byte(index) <= .space { index += 1 }
  }
}
