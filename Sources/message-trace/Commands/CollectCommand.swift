// `collect`: one pass for one tenant.

internal import Configuration
internal import IntakeCore
internal import Trigger

struct CollectCommand: RunnableCommand {
  static let descriptor = Command(
    name: "collect",
    summary: "one pass, then exit: cron, systemd timer",
    usage: "collect [PLAYBOOK] [OPTION]...",
    details: """
      Reads the live window and every revisit that is due, delivers the events and commits.
      Flags take precedence over MESSAGE_TRACE_… in the environment, and both over the playbook.
      What goes to a sink counts as delivered: without --sink that is standard output, which must not be a terminal then.
      Delivery events (--details) are asked for after the pass and, while the service has none of a message, again 15
      minutes, 1, 4, 12 and 24 hours later; then they are given up (log line details.given_up). At most 10000 messages
      wait for theirs; beyond that the oldest are dropped (details.dropped).
      On a terminal one line sums the pass up; elsewhere, as under cron, only warnings and errors are logged
      (--log-level info for all).
      """,
    examples: [
      "message-trace collect contoso.json",
      "MESSAGE_TRACE_CLIENT_SECRET=… message-trace collect --tenant contoso.com --client-id … --sink file:mail.ndjson",
      "message-trace collect --mode reporting --username reader@contoso.com --password-file /etc/message-trace/password",
    ],
    settings: Setting.allCases,
    options: [.rebuildState],
    operands: .optionalPlaybook,
    implementation: Self.self)

  let context: CommandContext

  func run() async throws(Failure) -> ExitCode {
    try ProcessDefaults.checkThreads(playbooks: 1)
    let layer = try context.layer()
    try context.refuseTerminal(layer)
    let time = try context.time(layer)
    let log = try context.log(layer, time: time, quiet: .warning)
    let configuration = try context.tenantSettings(layer, log: log)
    if context.invocation.options[.rebuildState] == "true" {
      try Assembly(configuration, time: time, log: log).rebuildState()
    }
    let ending = await StopSignals.guarding { () async throws(Failure) in
      var passes = TenantPasses(time: time, log: log, metrics: MetricsRegistry()) { configuration }
      let outcome = await passes.pass()
      // The pass is committed even if its status cannot be written; that failure still sets the exit status.
      let statusFailure = passes.publish(outcome, next: nil)
      if let failure = outcome.failure ?? statusFailure { throw failure }
    }
    return try exitCode(ending, log: log)
  }

  /// Throws the failure on a terminal; logs it as one line otherwise.
  private func exitCode(_ ending: Result<Void, Failure>, log: Log) throws(Failure) -> ExitCode {
    guard case .failure(let failure) = ending else { return .done }
    guard !context.terminal.isInteractive else { throw failure }
    log.failure(failure)
    return failure.exit
  }
}
