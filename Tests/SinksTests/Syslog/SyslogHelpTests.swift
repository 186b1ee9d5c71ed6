// What the help says of receivers is tried on them.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks
@testable import message_trace

@Suite("The help on syslog")
struct SyslogHelpTests {
  @Test(
    "its configurations take our events over TLS",
    arguments: RealReceiver.Program.allCases.filter(RealReceiver.isWanted))
  func configurations(_ program: RealReceiver.Program) async throws {
    let folder = try ScratchFolder()
    _ = try Certificates.usual(folder)
    let block = program == .rsyslogd ? SyslogHelp.rsyslog : "@version: 3.35\n\(SyslogHelp.syslogNG)"
    let receiver = try RealReceiver(program, in: folder) { port in
      [("/etc/ssl/siem", folder.path), ("/var/log/message-trace.ndjson", folder("got")), ("6514", "\(port)")].reduce(
        "\(block)\n"
      ) { $0.split(separator: $1.0, omittingEmptySubsequences: false).joined(separator: $1.1) }
    }
    try await receiver.start()
    let sink = try SinkSpec(parsing: "tls://localhost:\(receiver.port)?ca=\(folder("ca.pem"))")
      .makeSink(log: .silent, time: .system)
    _ = try await sink.deliver(SinkContract.entry(1, count: 50), from: SinkPosition(sequence: 0))
    try await receiver.waitForLines(50)
    receiver.stop()
    let ids = try receiver.lines().map { try JSONValue(parsing: Array($0))["event.id"]?.string }
    #expect(ids == (0..<50).map { "1-\($0)" })
  }

  @Test("it names every option and no other, and each acknowledgement, with lines that fit a terminal of 120")
  func complete() {
    let lines = SyslogHelp.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.utf8.count <= 120 })
    let table = lines.drop { !$0.hasPrefix("  name ") }.dropFirst().prefix { !$0.isEmpty }
    let rows = table.filter { !$0.hasPrefix("   ") }.map { $0.split(separator: " ") }
    let names = rows.flatMap { $0[0] == "cert" ? $0[0...1] : $0[0...0] }.map(String.init)
    #expect(names.sorted() == SyslogOptions.names.sorted())
    for choice in SyslogOptions.Acknowledgement.allCases {
      #expect(lines.contains { $0.hasPrefix("  ack=\(choice.rawValue) ") })
    }
  }

  @Test("the defaults that it names are the defaults")
  func defaults() throws {
    let known = try SyslogOptions(.tcp, query: "", spec: "tcp://test")
    let values = [
      "ack": known.acknowledgement.rawValue, "app-name": known.appName,
      "facility": SyslogOptions.facilities[known.facility],
      "format": known.format.rawValue, "framing": known.framing.rawValue, "max-bytes": "\(known.maxBytes)",
      "rate": "\(known.rate)",
    ]
    for (name, value) in values {
      let row = SyslogHelp.text.split(separator: "\n").first { $0.hasPrefix("  \(name) ") }
      #expect(row?.split(separator: " ").contains(Substring(value)) == true, "\(name)")
    }
  }
}
