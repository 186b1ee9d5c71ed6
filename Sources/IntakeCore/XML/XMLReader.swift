// XML by byte, one event at a time: as much of it as an Atom feed needs. XML 1.0, Namespaces in XML.
// No DTD, so that no entity can be defined, expanded or fetched; names are compared without their prefix.

/// Why bytes are not the XML that is understood here, and where.
package struct XMLFault: Error, Equatable {
  package var offset: Int
  package var reason: String
}

struct XMLReader {
  enum Event: Equatable {
    /// Local name and attributes by local name; a self-closing element is followed by its own end.
    case start(String, attributes: [String: String])
    case end(String)
    /// Text with entities resolved; CDATA too.
    case text(String)
  }

  /// Feeds nest six deep.
  private static let deepest = 32
  private static let mostAttributes = 64

  private let bytes: [UInt8]
  private var at: Int
  private var open: [String] = []
  private var pendingEnd: String?
  private var hasRoot = false

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// nil at the end of a whole document; throws where it is not well-formed or not whole.
  mutating func next() throws(XMLFault) -> Event? {
    if let name = pendingEnd {
      pendingEnd = nil
      return try close(name)
    }
    while at < bytes.count {
      if bytes[at] != UInt8(ascii: "<") {
        let text = try readText()
        guard open.isEmpty else { return .text(text) }
        guard text.utf8.allSatisfy({ $0 <= 0x20 }) else { throw fault("there is text outside of the root element") }
        continue
      }
      if try skipAside() { continue }
      if let text = try readCharacterData() { return .text(text) }
      guard !stands("<!") else { throw fault("it has a document type declaration") }
      return try stands("</") ? readEnd() : readStart()
    }
    guard open.isEmpty, hasRoot else { throw fault("it ends too early") }
    return nil
  }

  private mutating func readStart() throws(XMLFault) -> Event {
    guard !open.isEmpty || !hasRoot else { throw fault("there is a second root element") }
    guard open.count < Self.deepest else { throw fault("nested too deeply") }
    at += 1
    let name = try readName()
    var attributes: [String: String] = [:]
    while true {
      skipSpace()
      if stands("/>") {
        at += 2
        pendingEnd = name
        break
      }
      if stands(">") {
        at += 1
        break
      }
      guard attributes.count < Self.mostAttributes else { throw fault("an element has too many attributes") }
      let key = try readName()
      attributes[Self.local(key)] = try readAttributeValue()
    }
    hasRoot = true
    open.append(name)
    return .start(Self.local(name), attributes: attributes)
  }

  private mutating func readEnd() throws(XMLFault) -> Event {
    at += 2
    let name = try readName()
    skipSpace()
    try expect(">")
    return try close(name)
  }

  private mutating func close(_ name: String) throws(XMLFault) -> Event {
    guard open.popLast() == name else { throw fault("an element ends that was not begun") }
    return .end(Self.local(name))
  }

  private mutating func readText() throws(XMLFault) -> String {
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "<") { at += 1 }
    return try XMLEntities.resolve(bytes[start..<at])
  }

  private mutating func readAttributeValue() throws(XMLFault) -> String {
    skipSpace()
    try expect("=")
    skipSpace()
    guard at < bytes.count, bytes[at] == 0x22 || bytes[at] == 0x27 else { throw fault("an attribute has no value") }
    let quote = bytes[at]
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != quote { at += 1 }
    guard at < bytes.count else { throw fault("it ends too early") }
    defer { at += 1 }
    return try XMLEntities.resolve(bytes[start..<at])
  }

  private mutating func readCharacterData() throws(XMLFault) -> String? {
    let start = at + 9
    guard !open.isEmpty, try skip("<![CDATA[", to: "]]>") else { return nil }
    return String(decoding: bytes[start..<(at - 3)], as: UTF8.self)
  }

  private mutating func readName() throws(XMLFault) -> String {
    let start = at
    while at < bytes.count, Self.isNameByte(bytes[at]) { at += 1 }
    guard at > start, at - start <= 256 else { throw fault("a name is missing") }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// Past a declaration, processing instruction or comment.
  private mutating func skipAside() throws(XMLFault) -> Bool {
    if try skip("<?", to: "?>") { return true }
    return try skip("<!--", to: "-->")
  }

  /// Past a construct that begins and ends so; false if it does not stand here.
  private mutating func skip(_ begin: String, to end: String) throws(XMLFault) -> Bool {
    guard stands(begin) else { return false }
    at += begin.utf8.count
    while at < bytes.count {
      if stands(end) {
        at += end.utf8.count
        return true
      }
      at += 1
    }
    throw fault("it ends too early")
  }

  private mutating func expect(_ text: String) throws(XMLFault) {
    guard stands(text) else { throw fault("there is a character that does not belong there") }
    at += text.utf8.count
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
  }

  private func stands(_ text: String) -> Bool { bytes[at...].starts(with: text.utf8) }

  private func fault(_ reason: String) -> XMLFault { XMLFault(offset: at, reason: reason) }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x2E, 0x80...: true
    default: false
    }
  }

  private static func local(_ name: String) -> String {
    name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
  }
}

/// The five named entities and character references.
enum XMLEntities {
  static func resolve(_ bytes: ArraySlice<UInt8>) throws(XMLFault) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var output: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "&") else {
        output.append(byte)
        continue
      }
      let offset = rest.startIndex
      guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
        let scalar = scalar(String(decoding: rest[..<end], as: UTF8.self))
      else { throw XMLFault(offset: offset, reason: "there is an unknown entity") }
      output.append(contentsOf: Array(String(scalar).utf8))
      rest = rest[(end + 1)...]
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func scalar(_ name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    let value =
      name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
    return value.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
  }
}
