// `schedule`: prints systemd units or a crontab line.

internal import Configuration
internal import Glibc
internal import IntakeCore

struct ScheduleCommand: RunnableCommand {
  static let descriptor = Command(
    name: "schedule",
    summary: "print systemd units or a crontab line",
    usage: "schedule --systemd|--cron PLAYBOOK",
    details: """
      Prints unit files for /etc/systemd/system (a service with its timer, and message-trace@.service to run as a
      daemon), each below a line with its name; or a line for crontab. Installs nothing.
      """,
    examples: [
      "message-trace schedule --systemd /etc/message-trace/contoso.json",
      "message-trace schedule --cron /etc/message-trace/contoso.json",
    ],
    options: [.systemd, .cron],
    operands: .files(1...1),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let own = context.invocation.options
    guard (own[.systemd] == nil) != (own[.cron] == nil) else {
      throw Invocation.usage("expected one of --systemd and --cron.", help: "message-trace help schedule")
    }
    if own[.cron] != nil {
      let doubts = Crontab.doubts(try Playbook.read(context.invocation.operands[0]).layer)
      for doubt in doubts { context.terminal.say("warning: \(doubt)") }
    }
    let place = try place(context.invocation.operands[0])
    try context.terminal.output(own[.cron] == nil ? SystemdUnits.text(place) : Crontab.text(place))
    return .done
  }

  private func place(_ path: String) throws(Failure) -> UnitParameters {
    let layer = try Playbook.read(path).layer
    guard let text = layer[.every]?.last else {
      return try UnitParameters(binary(), playbook: absolute(path), layer: layer)
    }
    guard let every = Duration(parsing: text) else {
      throw Failure(
        .configInvalid, exit: .configuration,
        "Reading \(path): trigger.every must be a duration, not \(Log.clean(text, limit: 40)).",
        hint: "Run: message-trace playbook validate \(path)")
    }
    return try UnitParameters(binary(), playbook: absolute(path), layer: layer, every: every)
  }

  private func absolute(_ path: String) throws(Failure) -> String {
    guard !path.hasPrefix("/") else { return path }
    return try real(path) ?? path
  }

  /// The path of the running executable.
  private func binary() throws(Failure) -> String { try real("/proc/self/exe") ?? "/usr/bin/message-trace" }

  private func real(_ path: String) throws(Failure) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
