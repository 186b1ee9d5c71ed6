// The beta service's broken next links: each value in the token quoted twice, which the service itself then refuses.
// Observed in public reports (elastic/integrations issue 18134): `$skiptoken` is Base64 of a flat JSON object.

internal import HTTPTransport
internal import IntakeCore

enum SkipToken {
  /// The link with the extra quotes taken away; nil where the token has none or is of another make. Such links are sent
  /// back byte for byte.
  static func repaired(_ address: WebAddress) -> WebAddress? {
    guard let token = address.parameter("$skiptoken"),
      let text = Base64.decode(String(decoding: token, as: UTF8.self)),
      let members = (try? JSONValue(parsing: text))?.members
    else { return nil }
    let fixed = members.map { JSONValue.Member($0.key, unquoted($0.value)) }
    guard fixed.map(\.value) != members.map(\.value) else { return nil }
    let encoded = Base64.encode(Array(JSONValue.object(fixed).text.utf8))
    return address.setting("$skiptoken", to: PercentEncoding.encode(encoded))
  }

  private static func unquoted(_ value: JSONValue) -> JSONValue {
    guard let text = value.string, text.hasPrefix("\""), text.utf8.count >= 2,
      let inner = try? JSONValue(parsing: Array(text.utf8)), case .string = inner
    else { return value }
    return inner
  }
}
