// The values of a delivery event: `<root><MEP Name="SCL" Integer="5" /></root>`, one typed attribute each. Documentation
// holds examples that are no XML; such text is kept whole by the caller.

internal import HTTPTransport
internal import IntakeCore

/// Reads the small part of XML that the services write: one element in another, attributes, references. No document type,
/// no entities of its own, nothing nested deeper.
struct DetailsData {
  private let bytes: [UInt8]
  private var index = 0

  /// nil for anything else than `<root>` with `<MEP>` elements.
  static func fields(_ text: String) -> [DetailsField]? {
    var reader = DetailsData(bytes: Array(text.utf8))
    return reader.readAll()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func readAll() -> [DetailsField]? {
    skipSpace()
    if take("<?xml") {
      while index < bytes.count, !take("?>") { index += 1 }
      skipSpace()
    }
    if take("<root/>") || take("<root />") { return isAtEnd ? [] : nil }
    guard take("<root>") else { return nil }
    var fields: [DetailsField] = []
    while true {
      skipSpace()
      if take("</root>") { return isAtEnd ? fields : nil }
      guard take("<MEP"), let field = readElement() else { return nil }
      fields.append(field)
    }
  }

  /// The attributes of a MEP and its end; nil unless there is a name and exactly one value.
  private mutating func readElement() -> DetailsField? {
    var name: String?
    var value: String?
    while true {
      let before = index
      skipSpace()
      if take("/>") { break }
      if take(">") {
        skipSpace()
        guard take("</MEP>") else { return nil }
        break
      }
      guard index > before, let attribute = readAttribute() else { return nil }
      if attribute.name == "Name" {
        guard name == nil else { return nil }
        name = attribute.value
      } else {
        guard value == nil else { return nil }
        value = attribute.value
      }
    }
    guard let name, !name.isEmpty else { return nil }
    return DetailsField(name, value ?? "")
  }

  private mutating func readAttribute() -> DetailsField? {
    let start = index
    while index < bytes.count, Self.isNameByte(bytes[index]) { index += 1 }
    let name = bytes[start..<index]
    skipSpace()
    guard !name.isEmpty, take("=") else { return nil }
    skipSpace()
    guard index < bytes.count, bytes[index] == 0x22 || bytes[index] == 0x27 else { return nil }
    let quote = bytes[index]
    index += 1
    guard let end = bytes[index...].firstIndex(of: quote), let value = Self.resolve(bytes[index..<end]) else {
      return nil
    }
    index = end + 1
    return DetailsField(String(decoding: name, as: UTF8.self), value)
  }

  /// References resolved; nil for an unknown one, and for a `<`.
  private static func resolve(_ text: ArraySlice<UInt8>) -> String? {
    guard !text.contains(UInt8(ascii: "<")) else { return nil }
    guard text.contains(UInt8(ascii: "&")) else { return String(decoding: text, as: UTF8.self) }
    var output: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "&") else {
        output.append(byte)
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: ";")),
        let scalar = scalar(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
      else { return nil }
      output += Array(String(scalar).utf8)
      rest = rest[(end + 1)...]
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func scalar(_ reference: String) -> Unicode.Scalar? {
    switch reference {
    case "lt": return "<"
    case "gt": return ">"
    case "amp": return "&"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    guard reference.hasPrefix("#"), reference.utf8.count <= 9 else { return nil }
    let digits = reference.dropFirst()
    let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(Unicode.Scalar.init)
  }

  private var isAtEnd: Bool { bytes[min(index, bytes.count)...].allSatisfy(Self.isSpace) }

  private mutating func skipSpace() {
    while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - index >= count else { return false }
    for offset in 0..<count where bytes[index + offset] != (unsafe text.utf8Start[offset]) { return false }
    index += count
    return true
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F || byte == 0x2D
  }
}
