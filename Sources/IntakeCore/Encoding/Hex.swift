// Numbers and bytes as hexadecimal digits.

extension FixedWidthInteger where Self: UnsignedInteger {
  /// All its digits, lower-case, with leading zeros.
  package var hex: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: Self.bitWidth / 4 - digits.utf8.count) + digits
  }
}

extension Sequence<UInt8> {
  /// Two lower-case digits a byte.
  package var hex: String { map(\.hex).joined() }
}
