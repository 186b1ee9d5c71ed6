// Sign-in: what Entra ID refuses, and how.

import IntakeCore
import IntakeTesting
import Synchronization
import Testing

@testable import Simulator

@Suite("The token endpoint")
struct TokenEndpointTests {
  private static let path = "/contoso.onmicrosoft.com/oauth2/v2.0/token"

  @Test("a good secret gives a bearer token with lifetime, audience and role")
  func success() throws {
    let bench = try SimulatorFixture { $0.tokenLifetime = 77 }
    defer { bench.stop() }
    let answer = bench.client().request("POST", Self.path, body: bench.form())
    #expect(answer.status == 200)
    let json = try answer.json()
    #expect(json["expires_in"]?.integer == 77)
    #expect(json["token_type"]?.string == "Bearer")
    let part = try #require(json["access_token"]?.string?.split(separator: ".").dropFirst().first)
    let claims = try #require(AccessTokens.claims(part))
    #expect(claims["aud"]?.string == "https://graph.microsoft.com")
    #expect(claims["roles"]?.array == [.string("ExchangeMessageTrace.Read.All")])
    #expect(claims["tid"]?.string == bench.server.settings.tenant.tenantID)
  }

  @Test(
    "a bad request is refused as Entra refuses it",
    arguments: [
      (["client_secret": "wrong"], 401, "invalid_client", 7_000_215),
      (["client_id": "11111111-0000-0000-0000-000000000000"], 400, "unauthorized_client", 700_016),
      (["scope": "https://unknown.example/.default"], 400, "invalid_resource", 500_011),
      (["scope": "https://graph.microsoft.com/Mail.Read"], 400, "invalid_scope", 70_011),
      (["grant_type": "password"], 400, "unsupported_grant_type", 70_003),
    ])
  func refusals(changes: [String: String], status: Int, error: String, code: Int64) throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let answer = bench.client().request("POST", Self.path, body: bench.form(changes))
    #expect(answer.status == status)
    let json = try answer.json()
    #expect(json["error"]?.string == error)
    #expect(json["error_codes"]?.array?.first?.integer == code)
    #expect(json["error_description"]?.string?.hasPrefix("AADSTS\(code): ") == true)
    #expect(!answer.text.contains(bench.server.settings.clientSecret))
  }

  @Test("an unknown tenant and an expired secret have their own errors")
  func tenantAndExpiry() throws {
    let bench = try SimulatorFixture { $0.secretExpired = true }
    defer { bench.stop() }
    let unknown = bench.client().request("POST", "/fabrikam.example/oauth2/v2.0/token", body: bench.form())
    #expect(unknown.status == 400)
    #expect(unknown.text.contains("AADSTS90002"))
    let expired = bench.client().request("POST", Self.path, body: bench.form())
    #expect(expired.status == 401)
    #expect(expired.text.contains("AADSTS7000222"))
  }

  @Test("the older endpoint takes a resource and writes numbers as strings")
  func versionOne() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let form = bench.form(["resource": "https://outlook.office365.com"])
    let json = try bench.client().request("POST", "/contoso.com/oauth2/token", body: form).json()
    #expect(json["expires_in"]?.string == "3599")
  }

  @Test("managed identities get tokens with all numbers as strings, and only with their header")
  func managedIdentity() throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let resource = "resource=https%3A%2F%2Fgraph.microsoft.com"
    let machine = "/metadata/identity/oauth2/token?api-version=2018-02-01&\(resource)"
    let service = "/msi/token?api-version=2019-08-01&\(resource)"
    for (target, header) in [(machine, ("Metadata", "true")), (service, ("X-IDENTITY-HEADER", "simulated-identity"))] {
      let json = try bench.client().request("GET", target, [header]).json()
      #expect(json["expires_on"]?.string == String(bench.clock.now.ticks / Instant.perSecond + 3_599))
      #expect((json["expires_in"] == nil) == (target == service))
      #expect(try bench.graph(SimulatorFixture.graphList, token: json["access_token"]?.string ?? "x").status == 200)
    }
    #expect(bench.client().request("GET", machine).text.contains("bad_request_102"))
    #expect(bench.client().request("GET", service).status == 401)
    #expect(bench.client().request("GET", machine + "x", [("Metadata", "true")]).text.contains("invalid_resource"))
  }

  private static func assertion(
    _ bench: SimulatorFixture, audience: String? = nil, issuer: String? = nil, expires: Int64 = 300,
    thumbprint: Bool = true
  ) -> String {
    let client = issuer ?? bench.server.settings.clientID
    let now = bench.clock.now.ticks / Instant.perSecond
    let mark = thumbprint ? #","x5t#S256":"\#(Base64.encodeForURL(SHA256.digest([1])))""# : ""
    let head = #"{"alg":"PS256","typ":"JWT"\#(mark)}"#
    let target = audience ?? "https://login.microsoftonline.com\(path)"
    let claims =
      #"{"aud":"\#(target)","iss":"\#(client)","sub":"\#(client)","jti":"1","nbf":\#(now),"exp":\#(now + expires)}"#
    return "\(Base64.encodeForURL(Array(head.utf8))).\(Base64.encodeForURL(Array(claims.utf8))).c2lnbmVk"
  }

  private static func sign(_ bench: SimulatorFixture, _ assertion: String) -> RawAnswer {
    let form = bench.form([
      "client_assertion": assertion, "client_secret": "",
      "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ])
    return bench.client().request("POST", path, body: form)
  }

  @Test("an assertion whose claims are right is shown to the hook, and the hook decides")
  func assertions() throws {
    let seen = Mutex<[String]>([])
    let bench = try SimulatorFixture {
      $0.assertionAccepted = { assertion in
        seen.withLock { $0.append(assertion) }
        return seen.withLock { $0.count } == 1
      }
    }
    defer { bench.stop() }
    let good = Self.assertion(bench)
    #expect(Self.sign(bench, good).status == 200)
    let second = Self.sign(bench, good)
    #expect(second.status == 401)
    #expect(second.text.contains("AADSTS700027"))
    #expect(seen.withLock { $0 } == [good, good])
  }

  @Test("an assertion whose claims are wrong never reaches the hook")
  func badAssertions() throws {
    let bench = try SimulatorFixture { $0.assertionAccepted = { _ in true } }
    defer { bench.stop() }
    let cases: [(String, Int, String)] = [
      (Self.assertion(bench, expires: -1), 401, "AADSTS700024"),
      (
        Self.assertion(bench, audience: "https://login.microsoftonline.com/other/oauth2/v2.0/token"), 400, "AADSTS50027"
      ),
      (Self.assertion(bench, issuer: "someone"), 400, "AADSTS50027"),
      (Self.assertion(bench, thumbprint: false), 400, "AADSTS50027"), ("a.b", 400, "AADSTS50027"),
      ("....", 400, "AADSTS50027"),
    ]
    for (assertion, status, code) in cases {
      let answer = Self.sign(bench, assertion)
      #expect(answer.status == status)
      #expect(answer.text.contains(code))
    }
    #expect(
      Self.sign(bench, Self.assertion(bench, audience: "api://AzureADTokenExchange", issuer: "k8s")).status == 200)
  }
}
