// Checks of a fresh access token: audience, tenant, permissions. For warnings only; the service decides.

internal import IntakeCore
internal import Synchronization

/// The claims that decide whether a token can work. Access tokens are opaque by contract: nil if unreadable.
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

/// What a token for a service must contain.
struct TokenExpectation: Sendable {
  let role: String
  /// One that does as well: the draft of 2021 had a name of its own. Empty for none.
  var alternative = ""
  /// As requested; for Microsoft Graph its app id is valid too.
  let resource: String
  /// The configured tenant in lower case. Only a GUID can be compared with a token.
  var tenant = ""

  /// - Parameter isDraft: for the draft of 2021.
  static func graph(_ resource: String, isDraft: Bool = false) -> TokenExpectation {
    TokenExpectation(
      role: "ExchangeMessageTrace.Read.All", alternative: isDraft ? "MessageTrace.Read.All" : "", resource: resource)
  }

  static func reporting(_ resource: String) -> TokenExpectation {
    TokenExpectation(role: "ReportingWebService.Read.All", resource: resource)
  }

  /// A reason why a token will not work, and what to do about it.
  struct Problem: Sendable {
    var sentence: String
    var hint: String
  }

  /// Empty if nothing wrong was found.
  func problems(_ claims: TokenClaims) -> [Problem] {
    var problems: [Problem] = []
    let graphApp = "00000003-0000-0000-c000-000000000000"
    if let audience = claims.audience, audience != graphApp, !audience.hasPrefix(resource) {
      problems.append(
        Problem(
          sentence: "The token's audience is not \(resource).",
          hint: "Request the scope \(resource)/.default; with a token file, check the program that writes it."))
    }
    if let tenant = claims.tenant?.lowercasedASCII, Self.isGUID(tenant), Self.isGUID(self.tenant), tenant != self.tenant
    {
      problems.append(
        Problem(
          sentence: "The token belongs to tenant \(tenant), but \(self.tenant) is configured.",
          hint: "Set the tenant whose mail is collected, or sign in to that tenant."))
    }
    if !(claims.roles ?? []).contains(where: isEnough) {
      problems.append(
        Problem(
          sentence: "The token lacks the permission \(alternative.isEmpty ? role : alternative).",
          hint: "Grant it to the app as an application permission and give admin consent."))
    }
    return problems
  }

  private static func isGUID(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.utf8.allSatisfy { JSONText.hexDigit($0) != nil } }
  }

  /// The number of permissions beyond the required one.
  func surplus(_ claims: TokenClaims) -> Int { (claims.roles ?? []).count { !isEnough($0) } }

  private func isEnough(_ found: String) -> Bool { found == role || (!alternative.isEmpty && found == alternative) }
}

/// Warns about each thing logged, not at each refresh.
final class TokenInspector: Sendable {
  private let expectation: TokenExpectation
  private let log: Log
  private let logged = SeenCodes()
  private let newest = Mutex<TokenClaims?>(nil)

  init(_ expectation: TokenExpectation, log: Log) {
    self.expectation = expectation
    self.log = log
  }

  var problems: [TokenExpectation.Problem] { newest.withLock { $0 }.map(expectation.problems) ?? [] }

  func inspect(_ token: AccessToken) {
    guard let claims = TokenClaims(token.secret) else { return }
    newest.withLock { $0 = claims }
    for problem in expectation.problems(claims) where logged.isNew(problem.sentence) {
      log(.warning, "signin.token", problem.sentence, [("hint", problem.hint)])
    }
    let surplus = expectation.surplus(claims)
    if surplus > 0, logged.isNew("surplus") {
      log(
        .info, "signin.surplus", "The app has more permissions than this program needs.", [("surplus", "\(surplus)")])
    }
  }
}
