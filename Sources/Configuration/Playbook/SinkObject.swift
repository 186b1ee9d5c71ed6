// A sink of a playbook as an object: its spec, with references to its secrets beside it.

internal import IntakeCore

/// `{ "to": SPEC, "token": { "file": PATH }, "headers": { NAME: TEXT } }` as the spec that says the same.
enum SinkObject {
  /// Keys that hold a reference, and what their options begin with.
  static let references = ["token", "password"]

  /// - Parameter whole: makes a relative path whole.
  /// - Returns: the spec, or what is wrong with the object.
  static func spec(_ members: [JSONValue.Member], whole: (String) -> String) -> Result<String, Mistake> {
    guard let to = members.first(where: { $0.key == "to" })?.value.string, !to.isEmpty else {
      return .failure(Mistake("a sink as an object needs \"to\", its spec as a string"))
    }
    var options: [String] = []
    for member in members where member.key != "to" {
      switch member.key {
      case _ where references.contains(member.key):
        guard let reference = option(member.key, member.value, prefix: "", whole: whole) else {
          return .failure(notReference(member.key))
        }
        options.append(reference)
      case "headers":
        switch headers(member.value.members, whole: whole) {
        case .success(let found): options += found
        case .failure(let mistake): return .failure(mistake)
        }
      default:
        let known = ["to", "headers"] + references
        return .failure(Mistake("unknown key \(member.key) of a sink\(Suggestion.question(member.key, among: known))"))
      }
    }
    guard !options.isEmpty else { return .success(to) }
    return .success(to + (to.contains("?") ? "&" : "?") + options.joined(separator: "&"))
  }

  private static func headers(
    _ members: [JSONValue.Member]?, whole: (String) -> String
  ) -> Result<[String], Mistake> {
    guard let members else { return .failure(Mistake("headers must be an object of names and texts or references")) }
    var options: [String] = []
    for header in members {
      if let text = header.value.string {
        options.append("header=\(PercentEncoding.encode("\(header.key):\(text)"))")
      } else if let option = option("header", header.value, prefix: "\(header.key):", whole: whole) {
        options.append(option)
      } else {
        return .failure(notReference("headers.\(header.key)"))
      }
    }
    return .success(options)
  }

  /// `NAME-file=…` or `NAME-env=…`; nil where the value is no reference.
  private static func option(
    _ name: String, _ value: JSONValue, prefix: String, whole: (String) -> String
  ) -> String? {
    guard case .object(let parts) = value, parts.count == 1, let part = parts.first, let text = part.value.string,
      part.key == "env" || part.key == "file", !text.isEmpty
    else { return nil }
    return "\(name)-\(part.key)=\(PercentEncoding.encode(prefix + (part.key == "file" ? whole(text) : text)))"
  }

  private static func notReference(_ key: String) -> Mistake {
    Mistake(
      "\(key) of a sink must be a reference, {\"env\": \"NAME\"} or {\"file\": \"PATH\"}: a playbook must not contain secrets"
    )
  }

  /// One sentence without its end.
  struct Mistake: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }
}
