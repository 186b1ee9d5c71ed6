// Who may read from Graph, and how much: tokens, roles, Microsoft's service principal, the quota.

import IntakeCore
import IntakeTesting
import Testing

@testable import Simulator

@Suite("Access to Microsoft Graph")
struct GraphAccessTests {
  @Test("who may not read is refused", arguments: ["", "Bearer ", "Bearer a.b.c", "Basic eDp5"])
  func badTokens(header: String) throws {
    let bench = try SimulatorFixture()
    defer { bench.stop() }
    let answer = bench.client().request("GET", SimulatorFixture.graphList, [("Authorization", header)])
    #expect(answer.status == 401)
    #expect(try answer.json()["error"]?["code"]?.string == "InvalidAuthenticationToken")
  }

  @Test("expired, revoked and foreign tokens are refused; one without the role is forbidden")
  func tokens() throws {
    let bench = try SimulatorFixture { $0.tokenLifetime = 60 }
    defer { bench.stop() }
    let token = try bench.token()
    #expect(try bench.graph(SimulatorFixture.graphList, token: token).status == 200)
    bench.clock.advance(by: .seconds(60))
    #expect(try bench.graph(SimulatorFixture.graphList, token: token).status == 401)
    let second = try bench.token()
    bench.server.revokeTokens()
    #expect(try bench.graph(SimulatorFixture.graphList, token: second).status == 401)
    let outlook = try bench.token(scope: "https://outlook.office365.com/.default")
    #expect(try bench.graph(SimulatorFixture.graphList, token: outlook).status == 401)
    let poor = try SimulatorFixture { $0.permissionGranted = false }
    defer { poor.stop() }
    #expect(try poor.graph(SimulatorFixture.graphList).status == 403)
  }

  @Test("without Microsoft's service principal nothing is given, until it stands")
  func principal() throws {
    for status in [401, 403] {
      let bench = try SimulatorFixture { $0.principal = .absent(status) }
      defer { bench.stop() }
      let answer = try bench.graph(SimulatorFixture.graphList)
      #expect(answer.status == status)
      #expect(answer.text.contains("8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"))
    }
    let later = SimulatorFixture.day + .seconds(90_000)
    let bench = try SimulatorFixture { $0.principal = .presentFrom(later) }
    defer { bench.stop() }
    #expect(try bench.graph(SimulatorFixture.graphList).status == 403)
    bench.clock.move(to: later)
    #expect(try bench.graph(SimulatorFixture.graphList).status == 200)
  }

  @Test(
    "the quota rolls over five minutes of the simulated clock", arguments: [SimulatorSettings.Quota.shared, .separate])
  func quota(_ quota: SimulatorSettings.Quota) throws {
    let bench = try SimulatorFixture {
      $0.quota = quota
      $0.quotaLimit = 3
      $0.quotaRetryAfter = 17
    }
    defer { bench.stop() }
    let token = try bench.token()
    let statuses = try (0..<4).map { _ in
      bench.clock.advance(by: .seconds(1))
      return try bench.graph("\(SimulatorFixture.graphList)?$top=1", token: token).status
    }
    #expect(statuses == [200, 200, 200, 429])
    let refused = try bench.graph("\(SimulatorFixture.graphList)?$top=1", token: token)
    #expect(refused.headers["retry-after"] == "17")
    #expect(refused.text.contains("surpassed the permitted limit"))
    let details = try bench.graph(
      "\(SimulatorFixture.graphList)/x/getDetailsByRecipient(recipientAddress='a')", token: token)
    #expect(details.status == (quota == .shared ? 429 : 200))
    bench.clock.advance(by: .seconds(297))
    #expect(try bench.graph("\(SimulatorFixture.graphList)?$top=1", token: token).status == 200)
    #expect(try bench.graph("\(SimulatorFixture.graphList)?$top=1", token: token).status == 429)
    #expect(bench.server.requests().count { $0.status == 429 } == (quota == .shared ? 4 : 3))
  }
}
