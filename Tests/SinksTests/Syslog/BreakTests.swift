// Receivers that are restarted and killed under way. In the bounded form one seed and few events:
//
//     MESSAGE_TRACE_SYSLOG=table swift test --filter BreakTests     the bounded form, with the table
//     MESSAGE_TRACE_SYSLOG=long  swift test --filter BreakTests     20 seeds, 40,000 events and 6 breaks each

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("Receivers that go down under way", .serialized)
struct BreakTests {
  /// As the program does: libssl writes without MSG_NOSIGNAL.
  init() { signal(SIGPIPE, SIG_IGN) }

  struct Case: Sendable, CustomTestStringConvertible {
    var program: RealReceiver.Program
    var isSecure = false
    var signal = SIGTERM
    var testDescription: String {
      "\(program.rawValue), \(isSecure ? "TLS" : "TCP"), \(signal == SIGTERM ? "SIGTERM" : "SIGKILL")"
    }
  }

  private func trials(_ signal: Int32) -> [BreakTrial] {
    guard SyslogFigures.isLong else {
      return [BreakTrial(batches: 10, perBatch: 400, breaks: 3, signal: signal, seed: 1)]
    }
    return (1...20).map { BreakTrial(signal: signal, seed: $0) }
  }

  /// Every seed with a receiver of its own, all summed.
  private func run(_ fate: Case, _ sender: TrialSender) async throws -> BreakTrial.Outcome {
    var total = BreakTrial.Outcome(runs: 0)
    for trial in trials(fate.signal) {
      let folder = try ScratchFolder()
      if fate.isSecure { _ = try Certificates.usual(folder) }
      let receiver = try RealReceiver(fate.program, in: folder, secure: fate.isSecure)
      let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
      let options = try SyslogOptions(.tls, query: "ca=\(folder("ca.pem"))", spec: "tls://trial")
      let connector: any Connector =
        fate.isSecure ? TLSConnector(address: address, options: options) : PlainConnector(address: address)
      total.add(try await trial.run(receiver, sender, connector))
    }
    SyslogFigures.tell(fate.testDescription, sender, total)
    return total
  }

  @Test(
    "rsyslogd restarted over and over loses nothing of ours, and a batch comes twice at most once a restart",
    .enabled(if: RealReceiver.isWanted(.rsyslogd), "rsyslogd or openssl is not installed"), arguments: [false, true])
  func restarted(isSecure: Bool) async throws {
    let fate = Case(program: .rsyslogd, isSecure: isSecure)
    let outcome = try await run(fate, .ours)
    #expect(outcome.lost == 0 && outcome.downgrades == 0, "\(outcome)")
    #expect(outcome.repeated <= outcome.breaks * trials(SIGTERM)[0].perBatch, "\(outcome)")
    if SyslogFigures.isLong { _ = try await run(fate, .plain) }
  }

  @Test(
    "rsyslogd killed over and over loses what it had read itself: a small part of what plain sending loses",
    .enabled(if: RealReceiver.isWanted(.rsyslogd), "rsyslogd or openssl is not installed"), arguments: [false, true])
  func killed(isSecure: Bool) async throws {
    guard SyslogFigures.isLong || !isSecure else { return }
    let fate = Case(program: .rsyslogd, isSecure: isSecure, signal: SIGKILL)
    let outcome = try await run(fate, .ours)
    // Its own queue holds what it has read and not written yet; a batch is the most that can be in it.
    #expect(outcome.lost <= outcome.breaks * trials(SIGKILL)[0].perBatch, "\(outcome)")
    #expect(outcome.repeated <= outcome.breaks * trials(SIGKILL)[0].perBatch, "\(outcome)")
    if SyslogFigures.isLong { _ = try await run(fate, .plain) }
  }

  @Test(
    "syslog-ng restarted over and over loses nothing of ours",
    .enabled(if: RealReceiver.isWanted(.syslogNG), "syslog-ng or openssl is not installed"), arguments: [false, true])
  func otherRestarted(isSecure: Bool) async throws {
    let fate = Case(program: .syslogNG, isSecure: isSecure)
    let outcome = try await run(fate, .ours)
    #expect(outcome.lost == 0 && outcome.downgrades == 0, "\(outcome)")
    #expect(outcome.repeated <= outcome.breaks * trials(SIGTERM)[0].perBatch, "\(outcome)")
    if SyslogFigures.isLong { _ = try await run(fate, .plain) }
  }

  @Test("a receiver that keeps before it reads on loses nothing of ours, however it is killed; plain sending loses")
  func careful() async throws {
    for sender in TrialSender.allCases {
      var total = BreakTrial.Outcome(runs: 0)
      for trial in trials(SIGKILL) {
        let receiver = try CarefulReceiver()
        let address = try #require(NetworkAddress("127.0.0.1:\(receiver.port)"))
        total.add(try await trial.run(receiver, sender, PlainConnector(address: address)))
      }
      SyslogFigures.tell("keeps before it reads on, TCP, killed", sender, total)
      if sender == .ours {
        #expect(total.lost == 0, "\(total)")
        #expect(total.repeated <= total.breaks * trials(SIGKILL)[0].perBatch, "\(total)")
      } else if SyslogFigures.isLong {
        #expect(total.lost > 0, "the trial does not show what it is for")
      }
    }
  }
}
