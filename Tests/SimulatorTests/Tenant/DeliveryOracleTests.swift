// The judge is judged: it must see each way of being wrong.

import IntakeCore
import Testing

@testable import Simulator

@Suite("The truth oracle")
struct DeliveryOracleTests {
  private static let tenant = SimulatedTenant(
    seed: 3, messages: 200, window: SimulatorFixture.window, knobs: TenantKnobs(lateShare: 0.2, statusChangeShare: 0.4))
  private static let settled = DeliveryOracle(tenant, at: tenant.settledAt)

  private static func line(_ identity: Identity) -> String { #"{"@timestamp":"x","event.id":"\#(identity.hex)"}"# }

  private static func bytes(_ lines: [String]) -> [UInt8] { Array(lines.map { $0 + "\n" }.joined().utf8) }

  @Test("a perfect output is called perfect")
  func perfect() {
    let verdict = Self.settled.judge(Self.bytes(Self.settled.required.map(Self.line)))
    #expect(verdict.isPerfect)
    #expect(verdict.events == Self.tenant.rowCount)
  }

  @Test("earlier statuses are permitted and not required")
  func history() {
    #expect(Self.settled.permitted.count > Self.settled.required.count)
    #expect(Self.settled.judge(Self.settled.permitted).isPerfect)
  }

  @Test("a missing row is lost")
  func lost() {
    #expect(Self.settled.judge(Self.settled.required.dropFirst(3)).lost == 3)
  }

  @Test("a row told twice is doubled")
  func doubled() {
    let rows = Array(Self.settled.required)
    #expect(Self.settled.judge(rows + rows.prefix(4)).doubled == 4)
  }

  @Test("what never was is unknown")
  func unknown() {
    let verdict = Self.settled.judge(Array(Self.settled.required) + [Identity(high: 1, low: 2)])
    #expect(verdict.unknown == 1)
    #expect(!verdict.isPerfect)
  }

  @Test(
    "a line that is no event is invalid",
    arguments: ["", "x", "[]", "{}", #"{"event.id":"ABCDEF"}"#, #"{"a":{"event.id":"0"}}"#, #"{"event.id":"#])
  func invalid(line: String) {
    #expect(Self.settled.judge(Self.bytes([line])).invalid == 1)
  }

  @Test("an event id inside another value does not count")
  func nested() {
    let id = Self.settled.required.first.map(\.hex) ?? ""
    #expect(
      Self.settled.judge(Self.bytes([#"{"event.original":"\"event.id\"","a":{"event.id":"\#(id)"}}"#])).invalid == 1)
  }

  @Test("identities fold the case of tenant, trace id and recipient")
  func folding() {
    let upper = DeliveryOracle(Self.tenant, at: Self.tenant.settledAt, identityTenant: "CONTOSO.onmicrosoft.COM")
    #expect(upper.required == Self.settled.required)
    let other = DeliveryOracle(Self.tenant, at: Self.tenant.settledAt, identityTenant: "other")
    #expect(other.required.isDisjoint(with: Self.settled.required))
  }

  @Test("the identity is the first 128 bits of SHA-256 over four lines")
  func identity() throws {
    let row = try #require(Self.tenant.rows(of: 0).first)
    let text = "contoso.onmicrosoft.com\n\(row.message.traceID)\n\(row.recipient.lowercased())\nfailed"
    let digest = SHA256.digest(Array(text.utf8)).prefix(16)
    var hash = SHA256()
    let identity = DeliveryOracle.identity(Self.tenant.name, row, "failed", &hash)
    let pairs = digest.map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    #expect(identity.hex == pairs.joined())
  }

  @Test("only mail received in the window is required")
  func window() {
    let half = Window(start: SimulatorFixture.day, end: SimulatorFixture.day + .seconds(3_600))
    let truth = DeliveryOracle(Self.tenant, at: Self.tenant.settledAt, received: half)
    #expect(truth.required.count < Self.settled.required.count)
    #expect(!truth.required.isEmpty)
    #expect(truth.permitted == Self.settled.permitted)
  }

  @Test("before its time nothing is required")
  func early() {
    #expect(DeliveryOracle(Self.tenant, at: SimulatorFixture.day - .seconds(1)).permitted.isEmpty)
  }
}
