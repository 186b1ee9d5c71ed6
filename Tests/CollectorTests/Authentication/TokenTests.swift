// Tokens: what an authority may answer, how long a token is used, and each way of asking for one.

import Glibc
import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Tokens", .serialized)
struct TokenTests {
  @Test(
    "A31, A33 an answer without a usable token is refused and no request follows",
    arguments: [
      (#"<html>hello"#, "source.not_json", 76), ("{", "source.malformed", 76), (#"{"a":1}"#, "signin.no_token", 76),
      (#"{"token_type":"Bearer","access_token":""}"#, "signin.no_token", 76),
      (#"{"token_type":"Bearer","access_token":7}"#, "signin.no_token", 76),
      (#"{"token_type":"mac","access_token":"a"}"#, "signin.token_type", 76),
      (#"{"access_token":"a"}"#, "signin.token_type", 76),
      (#"{"token_type":"Bearer","access_token":"a\r\nX: y"}"#, "signin.bad_token", 76),
      (#"{"token_type":"Bearer","access_token":"a b"}"#, "signin.bad_token", 76),
    ])
  func unusable(_ body: String, _ code: String, _ exit: Int32) async throws {
    let server = try ScriptedServer { _, _ in .answer(body) }
    defer { server.stop() }
    let source = try Sources.graph(server)
    await #expect { try await source.page(SourceScenario.window, after: nil) } throws: { error in
      (error as? Failure)?.code.rawValue == code && (error as? Failure)?.exit.rawValue == exit
    }
    #expect(server.requests.allSatisfy { $0.method == "POST" })
  }

  @Test(
    "A32 a token's life is read as it comes, and used until shortly before its end",
    arguments: [
      (#""expires_in":3599"#, 3_299), (#""expires_in":"3599""#, 3_299), (#""expires_in":3599.5"#, 3_299),
      (#""expires_in":100800"#, 100_500), (#""expires_in":1e30"#, 100_500), (#""expires_in":0"#, 30),
      (#""expires_in":1"#, 30), (#""expires_in":-1"#, 30), (#""expires_in":359"#, 179), (#""x":1"#, 150),
      (#""expires_in":"soon""#, 150), (#""expires_on":"1770003600""#, 3_300), (#""expires_in":null"#, 150),
    ])
  func life(_ member: String, _ seconds: Int64) throws {
    let answer = try JSONValue(parsing: Array("{\(member)}".utf8))
    let lifetime = TokenResponse.lifetime(answer, now: Instant(seconds: 1_770_000_000))
    #expect(AccessToken(Secret("a"), lifetime: lifetime).usableFor.components.seconds == seconds)
  }

  @Test("a token is kept for its life and asked for again after it")
  func cache() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer(#"{"value":[]}"#) }
    defer { stage.server.stop() }
    for advance in [0, 3_200, 200, 10] {
      stage.time.advance(by: .seconds(advance))
      _ = try await stage.page()
    }
    #expect(stage.server.requests.map(\.method) == ["POST", "GET", "GET", "POST", "GET", "GET"])
  }

  @Test("many callers at once cost one token request")
  func singleFlight() async throws {
    let server = try ScriptedServer { _, _ in .answer(Bodies.token) }
    defer { server.stop() }
    let signIn = try (Sources.graph(server)).client.authenticator
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { (try? await signIn.authorization()) != nil } }
      for await isSignedIn in group { #expect(isSignedIn) }
    }
    #expect(server.requests.count == 1)
  }

  @Test("A36, L08 a busy or looping authority is asked again, at most five times", arguments: [429, 503, 400])
  func busy(_ status: Int) async throws {
    let body = status == 400 ? #"{"error":"invalid_request","error_codes":[50196]}"# : "{}"
    let server = try ScriptedServer { _, _ in .answer(body, status: status, headers: ["Retry-After: 2"]) }
    defer { server.stop() }
    let time = ManualClock()
    let source = try Sources.graph(server, time: time.source)
    await #expect { try await source.page(SourceScenario.window, after: nil) } throws: { error in
      (error as? Failure)?.exit == .tryLater
    }
    #expect(server.requests.count == 5)
    #expect(time.sleeps.count == 4 && time.sleeps.allSatisfy { $0 >= .seconds(2) && $0 < .seconds(3) })
  }

  @Test("A37 a redirect of the authority is not followed")
  func redirect() async throws {
    let server = try ScriptedServer { _, _ in .answer("", status: 302, headers: ["Location: /elsewhere"]) }
    defer { server.stop() }
    let source = try Sources.graph(server)
    await #expect { try await source.page(SourceScenario.window, after: nil) } throws: { error in
      (error as? Failure)?.code.rawValue == "source.redirect"
    }
    #expect(server.requests.count == 1)
  }

  @Test("an authority, tenant or service URL that is unusable is refused before anything is sent")
  func settings() {
    for (root, authority, tenant) in [
      ("http://graph.microsoft.com", "https://login.microsoftonline.com", "t"),
      ("https://graph.microsoft.com", "http://login.microsoftonline.com", "t"),
      ("https://graph.microsoft.com", "https://login.microsoftonline.com", ""),
      ("https://user@graph.microsoft.com", "https://login.microsoftonline.com", "t"),
    ] {
      #expect(throws: Failure.self) {
        try GraphSource(
          root: root,
          credential: .clientSecret(
            tenant: tenant, clientID: "c", secret: Secret("s"), authority: authority))
      }
    }
    #expect(throws: Failure.self) {
      try GraphSource(root: "https://graph.microsoft.com", credential: .basic(username: "u", password: Secret("p")))
    }
  }

  @Test("A39 a username with a colon is refused; user and password travel as UTF-8")
  func basic() async throws {
    let home = try #require(WebAddress("https://h.test"))
    #expect(throws: Failure.self) {
      try BasicAuthenticator(username: "a:b", password: Secret("c"), origin: home.origin)
    }
    let header = try Authorization.basic("Aladdin", Secret("öpen:sesame"), for: home.origin).header(for: home)
    #expect(header.revealed == "Authorization: Basic QWxhZGRpbjrDtnBlbjpzZXNhbWU=")
  }

  @Test("App Service and instance metadata are asked in their own ways, never through the proxy")
  func managedIdentity() async throws {
    let body = try Samples.bytes("appservice_token_success.json")
    let server = try ScriptedServer { _, _ in .answer(body) }
    defer { server.stop() }
    let address = try #require(WebAddress(server.base + "/msi/token"))
    let resource = "https://graph.microsoft.com"
    let appService = TokenRequest.appService(address, header: Secret("h"), resource: resource, clientID: "c")
    let metadata = TokenRequest.instanceMetadata(address, resource: resource, clientID: nil)
    let settings = HTTPSettings(proxy: Secret("http://127.0.0.1:1"))
    for grant in [appService, metadata] {
      let request = try grant.request(now: Instant(seconds: 0))
      let answer = try await CurlTransport(settings, counting: RequestCounter()).send(request)
      _ = try TokenResponse.read(answer, request, grant, now: Instant(seconds: 0))
    }
    let requests = server.requests
    #expect(
      requests.map(\.target) == [
        "/msi/token?resource=https%3A%2F%2Fgraph.microsoft.com&api-version=2019-08-01&client_id=c",
        "/msi/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com",
      ])
    #expect(requests.first?.header("x-identity-header") == "h")
    #expect(requests.last?.header("metadata") == "true")
  }

  @Test(
    "the samples of every token answer give a token with its life",
    arguments: [
      ("entra_token_success.json", 3_299), ("imds_token_success.json", 3_299), ("appservice_token_success.json", 3_300),
    ])
  func samples(_ file: String, _ seconds: Int64) throws {
    let address = try #require(WebAddress.local("http://169.254.169.254/x"))
    let grant = TokenRequest.instanceMetadata(address, resource: "r", clientID: nil)
    let body = try Samples.bytes(file)
    let end = try JSONValue(parsing: body)["expires_on"]?.integer ?? 3_600
    let now = Instant(seconds: end - 3_600)
    let token = try TokenResponse.read(Response(status: 200, body: body), grant.request(now: now), grant, now: now)
    #expect(token.usableFor.components.seconds == seconds)
  }

  @Test("plain http to a link-local address is for identity endpoints only")
  func linkLocal() {
    #expect(WebAddress("http://169.254.169.254/x") == nil)
    #expect(WebAddress.local("http://169.254.169.254/x")?.text == "http://169.254.169.254/x")
    #expect(WebAddress.local("http://169.255.169.254/x") == nil)
    #expect(WebAddress.local("http://169.254.evil.test/x") == nil)
  }

  @Test("a federated token is read again for each token request")
  func federated() async throws {
    let server = try ScriptedServer { _, _ in .answer(Bodies.token) }
    defer { server.stop() }
    let folder = try ScratchFolder()
    let app = try EntraApp(tenant: "t", clientID: "c", authority: server.base, resource: "https://r.test")
    let grant = TokenRequest.entra(app, proof: .federatedToken(file: folder("token")))
    for text in ["first", "second"] {
      try folder.write(text, to: "token")
      guard case .post(.secret(let form)) = try grant.request(now: Instant(seconds: 0)).method else {
        Issue.record("a token request is a POST")
        return
      }
      #expect(form.revealed.hasSuffix("&client_assertion=\(text)"))
      #expect(form.revealed.contains("jwt-bearer"))
    }
  }

  @Test("an access token file is read for each request, and refused where others may read it")
  func tokenFile() async throws {
    let server = try ScriptedServer { _, _ in .answer(#"{"value":[]}"#) }
    defer { server.stop() }
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let file = try folder.write("one\n", to: "token")
    let source = try GraphSource(root: server.base, credential: .accessTokenFile(file), log: .silent)
    _ = try await source.page(SourceScenario.window, after: nil)
    try folder.write("two", to: "token")
    _ = try await source.page(SourceScenario.window, after: nil)
    #expect(server.requests.map { $0.header("authorization") } == ["Bearer one", "Bearer two"])
    _ = unsafe chmod(file, 0o644)
    await #expect { try await source.page(SourceScenario.window, after: nil) } throws: { error in
      (error as? Failure)?.exit == .configuration
    }
  }
}
