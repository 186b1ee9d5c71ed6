// A look into a fresh access token: what it is for and what it may. For clear warnings only; the service decides.

internal import IntakeCore
internal import Synchronization

/// The claims that say whether a token can work. Access tokens are opaque by contract, so that anything unreadable is nil.
struct TokenClaims: Sendable, Equatable {
  var audience: String?
  var tenant: String?
  var roles: [String]?

  init?(_ token: Secret) {
    let parts = token.revealed.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = Base64.decode(parts[1]), let claims = try? JSONValue(parsing: bytes),
      claims.members != nil
    else { return nil }
    audience = claims["aud"]?.string
    tenant = claims["tid"]?.string
    roles =
      claims["roles"]?.array?.compactMap(\.string) ?? claims["scp"]?.string?.split(separator: " ").map(String.init)
  }
}

/// What a token of a service has to carry.
struct TokenExpectation: Sendable {
  let role: String
  /// As asked for; Microsoft's own Graph also goes by its app id.
  let resource: String
  /// Whose mail is meant, in lower case; a domain's name or an empty text says nothing about a token.
  var tenant = ""

  static func graph(_ resource: String) -> TokenExpectation {
    TokenExpectation(role: "ExchangeMessageTrace.Read.All", resource: resource)
  }

  static func reporting(_ resource: String) -> TokenExpectation {
    TokenExpectation(role: "ReportingWebService.Read.All", resource: resource)
  }

  /// What is wrong with a token, and what to do about it.
  struct Complaint: Sendable {
    var sentence: String
    var hint: String
  }

  /// Empty where nothing is wrong or nothing can be told.
  func complaints(_ claims: TokenClaims) -> [Complaint] {
    var complaints: [Complaint] = []
    let graphApp = "00000003-0000-0000-c000-000000000000"
    if let audience = claims.audience, audience != graphApp, !audience.hasPrefix(resource) {
      complaints.append(
        Complaint(
          sentence: "The token is meant for another service than \(resource).",
          hint: "Ask for the scope \(resource)/.default; where a token file is used, see who fills it."))
    }
    if let tenant = claims.tenant?.lowercasedASCII, Self.isGUID(tenant), Self.isGUID(self.tenant), tenant != self.tenant
    {
      complaints.append(
        Complaint(
          sentence: "The token is of tenant \(tenant), but \(self.tenant) is configured.",
          hint: "Set the tenant to the one whose mail is meant, or sign in to that one."))
    }
    if !(claims.roles ?? []).contains(role) {
      complaints.append(
        Complaint(
          sentence: "The token lacks the permission \(role).",
          hint: "Grant it to the app as an application permission and give admin consent."))
    }
    return complaints
  }

  private static func isGUID(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.utf8.allSatisfy { JSONText.hexDigit($0) != nil } }
  }

  /// Permissions beyond the one that is needed.
  func surplus(_ claims: TokenClaims) -> Int { (claims.roles ?? []).count { $0 != role } }
}

/// Warns about each thing once, not at each refresh.
final class TokenWatch: Sendable {
  private let expectation: TokenExpectation
  private let log: Log
  private let once = Once()
  private let newest = Mutex<TokenClaims?>(nil)

  init(_ expectation: TokenExpectation, log: Log) {
    self.expectation = expectation
    self.log = log
  }

  var complaints: [TokenExpectation.Complaint] { newest.withLock { $0 }.map(expectation.complaints) ?? [] }

  func look(_ token: AccessToken) {
    guard let claims = TokenClaims(token.secret) else { return }
    newest.withLock { $0 = claims }
    for complaint in expectation.complaints(claims) where once.isNew(complaint.sentence) {
      log(.warning, "signin.token", complaint.sentence, [("hint", complaint.hint)])
    }
    let surplus = expectation.surplus(claims)
    if surplus > 0, once.isNew("surplus") {
      log(
        .info, "signin.surplus", "The app holds more permissions than this program needs.", [("surplus", "\(surplus)")])
    }
  }
}
