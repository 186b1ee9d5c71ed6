// Both stores keep the same promises.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("State contract", .ownThreads)
struct StateContractTests {
  @Test("a state directory keeps the contract of a store")
  func directory() throws {
    let folder = try ScratchFolder()
    try StateContract(heldCode: "state.locked") { () throws(Failure) in
      try StateDirectory.open(folder("state"), tenant: "contoso", log: .silent)
    } close: {
      $0.close()
    }.check()
  }

  @Test(
    "a state in a database keeps the contract of a store",
    .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
  func database() throws {
    let fixture = try DatabaseFixture()
    let database = try fixture.database()
    try StateContract(heldCode: "state.leased") { () throws(Failure) in
      try StateDatabase.open(database, tenant: "contoso", log: .silent)
    } close: {
      $0.close()
    }.check()
  }
}
