// The simulated receivers against clients that were not written for them.

internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("foreign clients") struct ForeignClientTests {
  @Test(
    "the clients of Elastic and OpenSearch write to the simulated _bulk, and learn of each repeat",
    .enabled(if: ForeignClients.python != nil, "no Python with the clients of PyPI"),
    arguments: ["elasticsearch", "opensearch"])
  func elastic(product: String) throws {
    let fixture = try HTTPFixture(messages: 1)
    let settings = fixture.server.settings
    let secret = product == "elasticsearch" ? settings.elasticAPIKey : settings.elasticPassword
    let said = try ForeignClients.run(
      ForeignClients.elastic, [product, fixture.server.graphURL, secret], in: fixture.folder)
    #expect(said.lines == ["8.17.0", "500 [] 0", "0 [409] 500"], "\(said.errors.suffix(800))")
    let receipt = fixture.server.receipt(.elastic)
    #expect(receipt.count == 500 && receipt.conflicts == 500 && receipt.places == ["foreign": 500])
  }

  @Test(
    "Azure's client uploads to the simulated Logs Ingestion API",
    .enabled(if: ForeignClients.python != nil, "no Python with the clients of PyPI"))
  func azure() throws {
    let fixture = try HTTPFixture(messages: 1)
    let settings = fixture.server.settings
    let said = try ForeignClients.run(
      ForeignClients.azure,
      [fixture.server.graphURL, settings.tenant.name, settings.clientID, settings.clientSecret], in: fixture.folder)
    #expect(said.lines == ["uploaded"], "\(said.errors.suffix(800))")
    #expect(fixture.server.receipt(.sentinel).places == ["Custom-Foreign_CL": 500])
  }

  @Test(
    "rsyslog's omelasticsearch writes to the simulated _bulk",
    .enabled(
      if: InstalledProgram.isWanted("rsyslogd") && ForeignClients.rsyslogModule,
      "rsyslogd or its omelasticsearch is not installed"))
  func rsyslog() async throws {
    let fixture = try HTTPFixture(messages: 1)
    let port = fixture.server.port
    let password = fixture.server.settings.elasticPassword
    let receiver = try RealReceiver(in: fixture.folder) { input in
      """
      module(load="imptcp")
      module(load="omelasticsearch")
      template(name="event" type="string" string="%msg:R,ERE,0,DFLT:[{].*--end%")
      input(type="imptcp" address="127.0.0.1" port="\(input)")
      action(type="omelasticsearch" server="http://127.0.0.1" serverport="\(port)" searchIndex="foreign"
        searchType="" bulkmode="on" uid="elastic" pwd="\(password)" template="event" errorfile="\(fixture.folder("bad"))")
      """
    }
    try await receiver.start()
    let sink = try SinkSpec(parsing: "tcp://127.0.0.1:\(receiver.port)").makeSink(log: .silent, time: .system)
    _ = try await sink.deliver(SinkContract.entry(1, count: 300), from: try await sink.open(at: nil))
    await sink.close()
    for _ in 0..<3_000 where fixture.server.receipt(.elastic).count < 300 {
      try await Task.sleep(for: .milliseconds(20))
    }
    receiver.stop()
    #expect(try fixture.folder.text("bad").isEmpty)
    #expect(fixture.server.receipt(.elastic).places == ["foreign": 300])
  }
}
