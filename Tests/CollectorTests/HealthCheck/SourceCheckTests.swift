// Every error that the services and Entra are known to send, over HTTP, and what a person is told about it.

import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("SourceCheck", .serialized)
struct DiagnosisTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var file: String
    var status: Int
    var code: String
    var exit: ExitCode
    /// A piece of the sentence or hint that tells a person what to do.
    var says: String

    init(_ file: String, _ status: Int, _ code: String, _ exit: ExitCode, _ says: String) {
      self.file = file
      self.status = status
      self.code = code
      self.exit = exit
      self.says = says
    }

    var testDescription: String { "\(status) \(file)" }
  }

  static let graphCases: [Case] = [
    .init("graph_error_400_admin_exchange_unsupported.json", 400, "source.wrong_url", .configuration, "--graph-url"),
    .init("graph_error_400_bad_top.json", 400, "source.page_size", .configuration, "5000"),
    .init("graph_error_400_missing_le.json", 400, "source.refused", .protocolBroken, "with status 400 (BadRequest"),
    .init("graph_error_400_range_over_10_days.json", 400, "source.window_too_wide", .configuration, "10 days"),
    .init("graph_error_400_start_over_90_days.json", 400, "source.too_old", .unavailable, "90 days"),
    .init("graph_error_500_start_over_90_days_innererror.json", 500, "source.too_old", .unavailable, "90 days"),
    .init("graph_error_401_invalid_token.json", 401, "source.unauthorized", .denied, "token"),
    .init(
      "graph_error_401_missing_service_principal.json", 401, "source.not_provisioned", .unavailable,
      "New-MgServicePrincipal"),
    .init("graph_error_401_unknown_empty.json", 401, "source.unauthorized", .denied, "token"),
    .init("graph_error_403_generic_forbidden.json", 403, "source.forbidden", .denied, "ExchangeMessageTrace.Read.All"),
    .init("graph_error_403_missing_service_principal.json", 403, "source.not_provisioned", .unavailable, "24 hours"),
    .init("graph_error_429_quota.json", 429, "source.throttled", .tryLater, "quota"),
  ]

  static let reportingCases: [Case] = [
    .init("rws_error_400_bad_top.json", 400, "source.page_size", .configuration, "2000"),
    .init("rws_error_401_iis_html.html", 401, "source.unauthorized", .denied, "password"),
    .init("rws_error_403_no_permission.json", 403, "source.forbidden", .denied, "Security Reader"),
    .init("rws_error_500_skiptoken_999999.json", 500, "source.busy", .tryLater, "Retried automatically"),
    .init("rws_error_verbose_json_bad_property.json", 400, "source.refused", .protocolBroken, "with status 400"),
  ]

  static let entraCases: [Case] = [
    .init("entra_error_700016_unknown_app.json", 400, "signin.aadsts700016", .denied, "client id"),
    .init("entra_error_7000215_bad_secret.json", 401, "signin.aadsts7000215", .denied, "value, not its id"),
    .init("entra_error_7000222_expired_secret.json", 401, "signin.aadsts7000222", .denied, "expired"),
    .init("entra_error_700027_cert_not_registered.json", 401, "signin.aadsts700027", .denied, "certificate"),
    .init("entra_error_90002_unknown_tenant_openid_config.json", 400, "signin.aadsts90002", .denied, "tenant"),
    .init("entra_error_90002_unknown_tenant_token_endpoint.json", 400, "signin.aadsts90002", .denied, "tenant"),
  ]

  @Test("says what is wrong with Graph", arguments: graphCases)
  func graph(_ item: Case) async throws {
    let body = try Samples.bytes(item.file)
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer(body, status: item.status)
    }
    defer { server.stop() }
    expect(await (try Sources.graph(server)).check(), item, name: "read")
  }

  @Test("says what is wrong with the legacy service", arguments: reportingCases)
  func reporting(_ item: Case) async throws {
    let body = try Samples.bytes(item.file)
    let server = try ScriptedServer { _, _ in .answer(body, status: item.status, type: nil) }
    defer { server.stop() }
    expect(await (try Sources.reporting(server)).check(), item, name: "read")
    #expect(server.requests.count <= 2)
  }

  @Test("says what is wrong with the sign-in, asks once and never for data", arguments: entraCases)
  func entra(_ item: Case) async throws {
    let body = try Samples.bytes(item.file)
    let server = try ScriptedServer { _, _ in .answer(body, status: item.status) }
    defer { server.stop() }
    expect(await (try Sources.graph(server)).check(), item, name: "sign-in")
    #expect(server.requests.map(\.method) == ["POST"])
  }

  /// What is documented of either service and of Entra, but of which no answer was recorded.
  private static func entra(_ number: Int, _ error: String) -> String {
    #"{"error":"\#(error)","error_description":"AADSTS\#(number): No <b>text</b> of j.doe@contoso.com.\r\nTrace ID: x","error_codes":[\#(number)]}"#
  }

  @Test(
    "says what is wrong with the sign-in where only the number is documented",
    arguments: [
      (401, 700_024, "invalid_client", "clock"), (400, 50_013, "invalid_grant", "certificate and private key"),
      (400, 50_027, "invalid_request", "federated token file"), (400, 70_011, "invalid_scope", "scope"),
      (400, 500_011, "invalid_resource", "tenant's cloud"), (400, 90_023, "invalid_request", "one of its domains"),
      (401, 7_000_218, "invalid_client", "https://login.microsoftonline.com/error?code=7000218"),
      (400, 123_456_789, "odd", "https://login.microsoftonline.com/error?code=123456789"),
    ])
  func entraNumbers(_ status: Int, _ number: Int, _ error: String, _ says: String) async throws {
    let server = try ScriptedServer { _, _ in .answer(Self.entra(number, error), status: status) }
    defer { server.stop() }
    let source = try Sources.graph(server)
    expect(await source.check(), Case("", status, "signin.aadsts\(number)", .denied, says), name: "sign-in")
    #expect(server.requests.count == 1)
  }

  @Test(
    "says what is wrong with the legacy service where no answer was recorded",
    arguments: [
      (
        400, "<ServiceFault><Message>Column 'X' is unknown.</Message></ServiceFault>", "source.refused",
        "with status 400"
      ),
      (403, "<html>403</html>", "source.not_json", "the account's access"),
      (404, "<ServiceFault><Message>x</Message></ServiceFault>", "source.not_found", "--reporting-url"),
      (
        400, #"{"odata.error":{"message":{"value":"The version specified in the request is unsupported."}}}"#,
        "source.refused", "with status 400"
      ),
      (
        500, #"{"odata.error":{"message":{"value":"The StartDate can't be older than 10 days from today."}}}"#,
        "source.too_old", "often 10"
      ),
      (410, "", "source.gone", "Set the mode to graph"), (200, "", "source.cut_short", "Retried automatically"),
    ])
  func reportingTexts(_ status: Int, _ body: String, _ code: String, _ says: String) async throws {
    let server = try ScriptedServer { _, _ in .answer(body, status: status, type: "application/xml") }
    defer { server.stop() }
    let check = await (try Sources.reporting(server)).check()
    let bad = try #require(check.findings.last)
    #expect(check.failure?.code.rawValue == code)
    #expect("\(bad.sentence) \(bad.hint ?? "")".contains(says))
  }

  @Test(
    "errors name the request by both sides' ids, and by nothing else that a peer may put there",
    arguments: [
      ("88fc258e-0000-4000-8000-000000000001", true), ("x' or 1 eq 1", false),
      (String(repeating: "a", count: 65), false),
      ("", false),
    ])
  func requestID(_ id: String, _ isShown: Bool) async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(Bodies.token) : .answer("{}", status: 403, headers: ["request-id: \(id)"])
    }
    defer { server.stop() }
    let sentence = try #require(await (try Sources.graph(server)).check().failure?.sentence)
    let ours = try #require(server.requests.last?.header("client-request-id"))
    #expect(
      sentence.hasSuffix(isShown ? " (request-id \(id), client-request-id \(ours))." : " (client-request-id \(ours))."))
  }

  @Test("a refused sign-in names Entra's id of the request")
  func entraID() async throws {
    let body = try Samples.bytes("entra_error_7000215_bad_secret.json")
    let id = "88fc258e-0000-4000-8000-000000000001"
    let server = try ScriptedServer { _, _ in .answer(body, status: 401, headers: ["x-ms-request-id: \(id)"]) }
    defer { server.stop() }
    let failure = await (try Sources.graph(server)).check().failure
    #expect(failure?.sentence.hasSuffix("(AADSTS7000215, request-id \(id)).") == true)
  }

  private func expect(_ check: SourceCheck, _ item: Case, name: String) {
    let bad = check.findings.last
    #expect(check.failure?.code.rawValue == item.code)
    #expect(check.failure?.exit == item.exit)
    #expect(bad?.name == name)
    #expect(bad?.isGood == false)
    let said = "\(bad?.sentence ?? "") \(bad?.hint ?? "")"
    #expect(said.contains(item.says))
    #expect(!check.isGood)
  }

  @Test("is good where a row is read and the clocks agree")
  func good() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST"
        ? .answer(Bodies.token)
        : .answer(#"{"value":[{"id":"a"}]}"#, headers: ["Date: Mon, 02 Feb 2026 02:40:07 GMT"])
    }
    defer { server.stop() }
    let check = await (try Sources.graph(server)).check()
    #expect(check.isGood)
    #expect(check.failure == nil)
    #expect(check.findings.map(\.name) == ["sign-in", "read", "clock"])
    #expect(server.requests.last?.target.hasSuffix("$top=1") == true)
  }

  @Test("a clock that is an hour off is found, and warned of once while collecting")
  func skew() async throws {
    let server = try ScriptedServer { request, _ in
      request.method == "POST"
        ? .answer(Bodies.token)
        : .answer(#"{"value":[]}"#, headers: ["Date: Mon, 02 Feb 2026 01:40:00 GMT"])
    }
    defer { server.stop() }
    let lines = LogLines()
    let source = try Sources.graph(server, log: lines.log())
    let clock = await source.check().findings.last
    #expect(clock?.name == "clock" && clock?.isGood == false)
    #expect(clock?.sentence.contains("3600 s ahead") == true)
    for _ in 0..<3 { _ = try await source.page(SourceScenario.window, after: nil) }
    #expect(lines.all.count { $0.contains("clock.skew") } == 1)
  }

  @Test("a token for another service or without the permission is told before the service refuses it")
  func claims() async throws {
    let claims = Base64.encodeForURL(Array(#"{"aud":"https://vault.azure.net","roles":["Mail.Read"]}"#.utf8))
    let token = #"{"token_type":"Bearer","expires_in":"3599","access_token":"e30.\#(claims).x"}"#
    let server = try ScriptedServer { request, _ in
      request.method == "POST" ? .answer(token) : .answer("{}", status: 403)
    }
    defer { server.stop() }
    let check = await (try Sources.graph(server)).check()
    let problems = check.findings.filter { $0.name == "permission" }.map(\.sentence)
    #expect(problems.count == 2)
    #expect(problems.contains { $0.contains("ExchangeMessageTrace.Read.All") })
    #expect(problems.contains { $0.contains("audience is not") })
  }

  @Test(
    "a token of another tenant is told where the tenant is configured as a GUID",
    arguments: [
      ("11111111-2222-4333-8444-555555555555", 1), ("AAAAAAAA-2222-4333-8444-555555555555", 0), ("contoso.test", 0),
      ("", 0),
    ])
  func tenant(_ tenant: String, _ count: Int) async throws {
    let claims = Base64.encodeForURL(
      Array(
        #"{"tid":"aaaaaaaa-2222-4333-8444-555555555555","aud":"https://graph.microsoft.com","roles":["ExchangeMessageTrace.Read.All"]}"#
          .utf8))
    let server = try ScriptedServer { _, _ in .answer(#"{"value":[]}"#) }
    defer { server.stop() }
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let file = try folder.write("e30.\(claims).x", to: "token")
    let source = try GraphSource(
      root: server.base, credential: .accessTokenFile(file), time: ManualClock().source, log: .silent,
      tenant: tenant)
    let complaints = await source.check().findings.filter { $0.name == "permission" }
    #expect(complaints.count == count)
    #expect(complaints.allSatisfy { $0.sentence.contains("aaaaaaaa-2222") && $0.sentence.contains(tenant) })
  }
}
