// The findings of `check` for each fault of the simulator.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct CheckFaultTests {
  /// The expected finding in each mode; nil if the fault does not affect the mode.
  struct Case: Sendable, CustomTestStringConvertible {
    var fault: NamedFault
    var graph: (status: Int32, says: String)?
    var reporting: (status: Int32, says: String)?
    var testDescription: String { fault.rawValue }

    init(_ fault: NamedFault, graph: (Int32, String)? = nil, reporting: (Int32, String)? = nil) {
      self.fault = fault
      self.graph = graph
      self.reporting = reporting
    }

    init(_ fault: NamedFault, _ status: Int32, _ says: String) {
      self.init(fault, graph: (status, says), reporting: (status, says))
    }
  }

  static let cases: [Case] = [
    Case(.secretExpired, graph: (77, "the client secret has expired (AADSTS7000222")),
    Case(.basicOff, reporting: (77, "most tenants have basic sign-in disabled")),
    Case(.unknownApp, graph: (77, "the app does not exist in this tenant")),
    Case(.authorityHTML, graph: (76, "Signing in to Microsoft Entra: the response is a web page")),
    Case(.authorityBusy, graph: (75, "Signing in to Microsoft Entra: the service returned status 503")),
    Case(.noPermission, graph: (77, "The token lacks the permission ExchangeMessageTrace.Read.All.")),
    Case(.noRole, reporting: (77, "Security Reader or Global Reader")),
    Case(.noPrincipal, graph: (69, "New-MgServicePrincipal -AppId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373")),
    Case(.tokenRefused, 77, "the service rejected the credential"), Case(.throttled, 75, "retry in 2 s"),
    Case(.busy, 75, "status 503"), Case(.html, 76, "the response is a web page, not data"),
    Case(.redirect, 76, "redirects to sign-in.example with status 302; nothing was sent there"),
    Case(.gone, graph: (69, "Check --graph-api"), reporting: (69, "Set the mode to graph")),
    Case(.notFound, graph: (78, "Check --graph-url"), reporting: (78, "Check --reporting-url")),
    Case(.badRequest, 76, "the service refuses with status 400"), Case(.notHTTP, 76, "not HTTP"),
    Case(.badJSON, 76, "at byte 20"), Case(.errorInAnswer, 75, "rows may be missing"),
    Case(.brokenGzip, 76, "invalid gzip data"), Case(.reset, 75, "the response ended early"),
    Case(.truncated, 75, "the response ended early"), Case(.clockBehind, 78, "s ahead of the service's"),
    Case(.foreignLink), Case(.repeatedLink), Case(.expiredLink), Case(.oddRows),
  ]

  @Test("each fault gives one sentence and a hint, without secret, address or subject", arguments: cases)
  func told(_ item: Case) throws {
    var fixture = try CollectFixture(messages: 20)
    fixture.server.stop()
    var faulty = fixture.settings
    item.fault.apply(to: &faulty)
    fixture = CollectFixture(fixture, server: try SimulatorServer.start(faulty))
    defer { fixture.server.stop() }
    for (mode, expected) in [("graph", item.graph), ("reporting", item.reporting)] {
      let folder = try ScratchFolder()
      var arguments = fixture.arguments(mode, state: folder("state"))
      arguments[0] = "check"
      let outcome = Program.run(arguments, environment: fixture.environment)
      let text = String(decoding: outcome.output, as: UTF8.self)
      #expect(outcome.status == expected?.status ?? 0, "\(mode): \(text)\(outcome.errors)")
      #expect(text.contains(expected?.says ?? "returns message traces"), "\(mode): \(text)")
      #expect(text.contains("do: ") == (expected != nil))
      for secret in [fixture.settings.clientSecret, fixture.settings.password, "@contoso", "john.doe"] {
        #expect(!(text + outcome.errors).contains(secret))
      }
    }
  }

  @Test("a mistyped fault gets a suggestion")
  func mistyped() {
    let outcome = Program.run(["simulate", "--fault", "throtled"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("did you mean throttled?"))
  }
}
