// Settings of a tenant whose state is in a database: what has to be the same on every machine.

internal import Checkpoint
internal import Configuration
internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import message_trace

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct SharedStateSettingsTests {
  private static func settings(_ state: String, tenant: String, sink: String) throws -> TenantSettings {
    var layer = SettingLayer()
    layer[.tenant] = [tenant]
    layer[.clientID] = ["c"]
    layer[.clientSecretFile] = ["env:S"]
    layer[.state] = [state]
    layer[.sink] = [sink]
    return try TenantSettings(layer, environment: ["S": "s", "HOME": "/nonexistent"])
  }

  @Test("the owner that Kafka's transactional id is made of is the tenant's, however a machine spells the database")
  func owner() throws {
    let server = try PostgresServer()
    let uris = try ["one", "two"].map { name in
      let uri = try server.makeDatabase(name)
      _ = try DatabaseSchema(Database(try DatabaseTarget(parsing: uri))).create()
      return uri
    }
    let kafka = "kafka://k.example:9092/mail"
    let own = try Self.settings(uris[0], tenant: "Contoso.com", sink: kafka).sinkOwner()
    let spelled = "postgres://postgres@localhost:\(server.port)/one?lease=10s&application_name=b"
    #expect(try Self.settings(spelled, tenant: "contoso.com", sink: kafka).sinkOwner() == own)
    #expect(own.hasPrefix("contoso.com\n") && own.utf8.count > 40)
    #expect(try Self.settings(uris[0], tenant: "fabrikam.com", sink: kafka).sinkOwner() != own)
    #expect(try Self.settings(uris[1], tenant: "contoso.com", sink: kafka).sinkOwner() != own)
    // A state in a directory keeps the id that it had.
    let ofDirectory = try Self.settings("/state", tenant: "contoso.com", sink: kafka).sinkOwner()
    #expect(ofDirectory == "contoso.com\n\(StateLocation.fullPath("/state"))")
  }
}
