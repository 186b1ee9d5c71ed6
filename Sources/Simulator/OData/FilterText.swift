// Tokens of OData filters: words, literals, punctuation. Their meaning differs between the services.

/// One token of a `$filter`.
enum FilterToken: Sendable, Equatable {
  /// A name, operator or bare literal.
  case word(String)
  /// `'…'`, apostrophes undoubled.
  case text(String)
  /// `datetime'…'`, `guid'…'`: the prefix in lower case, and the text.
  case typed(String, String)
  /// One of `(),;=`.
  case mark(Character)

  /// The value of a literal, whatever its type.
  var literal: String? {
    switch self {
    case .word(let text), .text(let text), .typed(_, let text): text
    case .mark: nil
    }
  }

  /// The word in lower case.
  var name: String? {
    guard case .word(let text) = self else { return nil }
    return text.lowercased()
  }
}

enum FilterText {
  /// nil if a quote is not closed.
  static func tokens(_ text: String) -> [FilterToken]? {
    var tokens: [FilterToken] = []
    var rest = Substring(text)
    while let first = rest.first {
      switch first {
      case " ", "\t": rest.removeFirst()
      case "(", ")", ",", ";", "=":
        tokens.append(.mark(first))
        rest.removeFirst()
      case "'":
        guard let quoted = takeQuoted(&rest) else { return nil }
        tokens.append(.text(quoted))
      default:
        let word = rest.prefix { !" \t(),;='".contains($0) }
        rest.removeFirst(word.count)
        guard rest.first == "'" else {
          tokens.append(.word(String(word)))
          continue
        }
        guard let quoted = takeQuoted(&rest) else { return nil }
        tokens.append(.typed(word.lowercased(), quoted))
      }
    }
    return tokens
  }

  private static func takeQuoted(_ rest: inout Substring) -> String? {
    var text = ""
    rest.removeFirst()
    while let character = rest.popFirst() {
      guard character == "'" else {
        text.append(character)
        continue
      }
      guard rest.first == "'" else { return text }
      rest.removeFirst()
      text.append("'")
    }
    return nil
  }
}

/// A condition on rows, common to both services. Texts are compared without case.
struct RowFilter: Sendable, Equatable {
  enum SubjectTest: Sendable, Equatable {
    case equals(String)
    case contains(String)
    case starts(String)
    case ends(String)
  }

  var traceID: String?
  var messageID: String?
  var status: String?
  var recipient: String?
  var sender: String?
  var fromIP: String?
  var toIP: String?
  var subject: SubjectTest?

  /// True if every row passes.
  var isEmpty: Bool { self == RowFilter() }

  /// - Parameters:
  ///   - status: the row's, now.
  ///   - fromIP: as the service that is asked would give it.
  func passes(_ row: SimulatedRow, _ status: SimulatedStatus, fromIP rowFromIP: String?) -> Bool {
    Self.same(messageID, row.message.messageID) && Self.same(self.status, status.rawValue)
      && Self.matches(recipient, row.recipient) && Self.matches(sender, row.message.sender)
      && Self.same(fromIP, rowFromIP) && Self.same(toIP, row.toIP) && passes(subject: row.message.subject ?? "")
  }

  private func passes(subject text: String) -> Bool {
    guard let subject else { return true }
    let text = text.lowercased()
    switch subject {
    case .equals(let wanted): return text == wanted.lowercased()
    case .contains(let wanted): return wanted.isEmpty || text.contains(wanted.lowercased())
    case .starts(let wanted): return text.hasPrefix(wanted.lowercased())
    case .ends(let wanted): return text.hasSuffix(wanted.lowercased())
    }
  }

  private static func same(_ wanted: String?, _ value: String?) -> Bool {
    guard let wanted else { return true }
    return wanted.lowercased() == (value ?? "").lowercased()
  }

  /// `*@domain` matches a whole domain; other stars match nothing.
  private static func matches(_ wanted: String?, _ value: String) -> Bool {
    guard let wanted = wanted?.lowercased() else { return true }
    guard wanted.hasPrefix("*@") else { return wanted == value.lowercased() }
    return value.lowercased().hasSuffix(wanted.dropFirst())
  }
}

/// What a page is to have wrong, and what it is made from.
struct PageFaults: Sendable {
  var emptyPage = false
  var repeatedLink = false
  var noLink = false
  var foreignOrigin: String?
  var duplicateRow = false
  var mostRecipients = Int.max
  var unknownStatus = false
  var unknownProperty = false
  var nullForEmpty = false
  var otherTimeSpelling = false

  init(_ faults: [Fault]) {
    for fault in faults {
      switch fault {
      case .emptyPage: emptyPage = true
      case .repeatedLink: repeatedLink = true
      case .noLink: noLink = true
      case .foreignLink(let origin): foreignOrigin = origin
      case .duplicateRow: duplicateRow = true
      case .cutRecipients(let most): mostRecipients = most
      case .unknownStatus: unknownStatus = true
      case .unknownProperty: unknownProperty = true
      case .nullForEmpty: nullForEmpty = true
      case .otherTimeSpelling: otherTimeSpelling = true
      case .items, .refusedEvents, .bodyCap, .forgotten, .neverConfirmed, .cut: break
      case .latency, .tokenRevoked, .credentialReplaced, .throttled, .status, .html, .redirect, .answer, .raw,
        .expiredLink, .truncated, .reset, .gzip, .brokenGzip, .dateSkew, .noDate:
        break
      }
    }
  }
}
