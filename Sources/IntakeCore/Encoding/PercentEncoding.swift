// Percent encoding of URLs and form bodies. RFC 3986 section 2.

/// Text made fit for URLs and form bodies.
package enum PercentEncoding {
  /// Everything but unreserved characters is escaped: right for a query's value, a path's segment and a form's field.
  package static func encode(_ text: String) -> String {
    var output: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) { output.append(byte) } else { append(byte, to: &output) }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Only what may not stand in a request target at all is escaped; legal text, escapes included, stays as it is.
  package static func escapingIllegalBytes(_ text: String) -> String {
    guard !text.utf8.allSatisfy(isAllowed) else { return text }
    var output: [UInt8] = []
    for byte in text.utf8 {
      if isAllowed(byte) { output.append(byte) } else { append(byte, to: &output) }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Escapes undone; nil for a broken escape.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        output.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
        return nil
      }
      output.append(high << 4 | low)
    }
    return output
  }

  /// `a=1&b=2`, names as they are, values escaped.
  package static func form(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\($0.name)=\(encode($0.value))" }.joined(separator: "&")
  }

  private static func append(_ byte: UInt8, to output: inout [UInt8]) {
    let digits = Array("0123456789ABCDEF".utf8)
    output.append(UInt8(ascii: "%"))
    output.append(digits[Int(byte >> 4)])
    output.append(digits[Int(byte & 15)])
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21, 0x23...0x3B, 0x3D, 0x3F...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x7E: true
    default: false
    }
  }
}
