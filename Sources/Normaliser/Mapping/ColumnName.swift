// Column names as services write them to the names events carry: `OriginalClientIP` to `original_client_ip`.

internal import IntakeCore

enum ColumnName {
  /// Longer names are cut.
  static let longest = 96

  static func snakeCase(_ name: String) -> String {
    let bytes = Array(name.utf8)
    var output: [UInt8] = []
    appendSnakeCase(unsafe bytes.span.bytes, 0, bytes.count, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// Letters, digits and `_` only: nothing that would need an escape or make a path. Never empty.
  static func appendSnakeCase(_ span: RawSpan, _ start: Int, _ end: Int, to output: inout [UInt8]) {
    let first = output.count
    for index in start..<min(end, start + longest) {
      let byte = span.byte(index)
      if ASCII.isUpper(byte) {
        let before = index > start ? span.byte(index - 1) : 0
        let after = index + 1 < end ? span.byte(index + 1) : 0
        let begins = ASCII.isLowerOrDigit(before) || (ASCII.isUpper(before) && after &- 0x61 < 26)
        if begins, output.count > first { output.append(UInt8(ascii: "_")) }
        output.append(byte | 0x20)
      } else {
        output.append(ASCII.isLowerOrDigit(byte) ? byte : UInt8(ascii: "_"))
      }
    }
    if output.count == first { output.append(UInt8(ascii: "_")) }
  }
}
