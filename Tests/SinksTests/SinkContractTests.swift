// Every sink against the one contract.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
internal import Testing

@testable import Sinks

@Suite("The sink contract")
struct SinkContractTests {
  @Test("the file sink keeps it, exactly once")
  func file() async throws {
    let folder = try ScratchFolder()
    try await SinkContract(repeats: .never) {
      FileSink(path: folder("out"), log: .silent)
    } received: {
      try folder.text("out").split(separator: "\n").map(String.init)
    }.check()
  }

  @Test("standard output that is a regular file keeps it, exactly once", arguments: [0, O_APPEND])
  func stdoutFile(flags: Int32) async throws {
    let folder = try ScratchFolder()
    try folder.write("", to: "out")
    let file = try FileCalls.system.open(folder("out"), O_WRONLY | flags)
    try await SinkContract(repeats: .never) {
      StdoutSink(log: .silent, descriptor: file.raw)
    } received: {
      try folder.text("out").split(separator: "\n").map(String.init)
    }.check()
  }

  @Test(
    "services behind HTTP keep it; elastic exactly once",
    arguments: [ReceivingService.elastic, .splunk, .sekoia, .https])
  func http(service: ReceivingService) async throws {
    let fixture = try HTTPFixture(messages: 1)
    let (text, environment, server) = (fixture.sink(service), fixture.environment, fixture.server)
    try await SinkContract(repeats: service == .elastic ? .never : .atMostTheBatchInDoubt) {
      try SinkSpec(parsing: text).withSecrets(environment).makeSink(log: .silent, time: .quick)
    } received: {
      String(decoding: server.receipt(service).events, as: UTF8.self).split(separator: "\n").map(String.init)
    }.check()
  }
}
