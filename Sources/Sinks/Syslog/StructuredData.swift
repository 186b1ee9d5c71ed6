// Structured data of the user's own in each syslog message: RFC 5424 section 6.3.

internal import IntakeCore

/// The option `sd`: elements such as `[SEKOIA@53288 intake_key="{token}"]`, with the place of a secret in them.
struct StructuredData: Sendable, Equatable {
  /// As written; `{token}` stands for the secret.
  private let template: String
  /// Where the secret is found; nil where the template needs none.
  var reference: SecretReference?
  /// What every message carries.
  private(set) var text: String

  static let placeholder = "{token}"
  static let mostBytes = 1_000

  /// - Returns: nil for what is no structured data of RFC 5424, what names this program's own element, and what is longer than
  ///   `mostBytes`.
  init?(_ template: String) {
    guard Self.isValid(template) else { return nil }
    self.template = template
    text = template
  }

  var needsSecret: Bool { template.contains(Self.placeholder) }

  /// - Throws: exit 78 for a secret that is missing, unreadable, not private, or not visible ASCII.
  mutating func loadSecret(_ environment: [String: String], sink: String) throws(Failure) {
    guard let reference else { return }
    let value = try reference.load(purpose: "token of \(sink)", environment: environment).revealed
    guard value.utf8.count <= Self.mostBytes, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw SinkSpec.wrong("Reading the sink \(sink): its token is too long or not visible ASCII.", hint: "Check it.")
    }
    let escaped = value.map { "\"\\]".contains($0) ? "\\\($0)" : String($0) }.joined()
    text = template.replacing(Self.placeholder, with: escaped)
  }

  /// One element or more: `[SD-ID NAME="VALUE" …]`, no id twice, in visible ASCII.
  private static func isValid(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    var ids: Set<[UInt8]> = [Array("event@32473".utf8)]
    guard !bytes.isEmpty, bytes.count <= mostBytes else { return false }
    while !bytes.isEmpty {
      guard bytes.popFirst() == UInt8(ascii: "["), let id = name(&bytes), ids.insert(id).inserted else { return false }
      while bytes.first == UInt8(ascii: " ") {
        bytes.removeFirst()
        guard name(&bytes) != nil, bytes.popFirst() == UInt8(ascii: "="), value(&bytes) else { return false }
      }
      guard bytes.popFirst() == UInt8(ascii: "]") else { return false }
    }
    return true
  }

  /// SD-NAME: 1 to 32 visible characters without `=`, `]`, `"` and space.
  private static func name(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
    let name = bytes.prefix { (33...126).contains($0) && !"=]\"".utf8.contains($0) }
    guard (1...32).contains(name.count) else { return nil }
    bytes = bytes.dropFirst(name.count)
    return Array(name)
  }

  /// PARAM-VALUE in quotes, in which `"`, `\` and `]` have a backslash in front.
  private static func value(_ bytes: inout ArraySlice<UInt8>) -> Bool {
    guard bytes.popFirst() == UInt8(ascii: "\"") else { return false }
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return true
      case UInt8(ascii: "\\"): guard bytes.popFirst().map({ "\"\\]".utf8.contains($0) }) == true else { return false }
      case UInt8(ascii: "]"): return false
      default: guard (0x20...0x7E).contains(byte) else { return false }
      }
    }
    return false
  }
}
