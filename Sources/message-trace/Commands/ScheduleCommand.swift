// `schedule`: prints systemd units, a crontab line, or what runs it in containers.

internal import Checkpoint
internal import Configuration
internal import Glibc
internal import IntakeCore

struct ScheduleCommand: RunnableCommand {
  static let descriptor = Command(
    name: "schedule",
    summary: "print systemd units, a crontab line or manifests",
    usage: "schedule --systemd|--cron|--container|--kubernetes [--cron] PLAYBOOK...",
    details: """
      Prints unit files for /etc/systemd/system (a service with its timer, and message-trace@.service to run as a
      daemon), each below a line with its name; or a line for crontab. Installs nothing.

      --kubernetes prints a ConfigMap with the playbooks and a Deployment of --replicas pods which share the tenants; with
      --cron a ConfigMap and a CronJob for each playbook. The pods run as a user without rights, with a read-only root
      file system, and mount playbooks and their files at the paths that they have here. Secrets are only referred to;
      the commands that make them are in the first lines. --container prints a Containerfile for the image. Both need a
      state that machines can share, with a user in its URI: message-trace help state. After a change of a playbook,
      print and apply again: the pods of a Deployment are replaced. After a change of a Secret, restart them:
      kubectl rollout restart deployment/message-trace.
      """,
    examples: [
      "message-trace schedule --systemd /etc/message-trace/contoso.json",
      "message-trace schedule --cron /etc/message-trace/contoso.json",
      "message-trace schedule --kubernetes --replicas 3 --image registry.example/message-trace:1 /etc/message-trace/*.json",
    ],
    options: [.systemd, .cron, .container, .kubernetes, .replicas, .image],
    operands: .files(1...1_000),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let own = context.invocation.options
    let kinds: [CommandOption] = [.systemd, .cron, .container, .kubernetes].filter { own[$0] != nil }
    switch kinds {
    case [.systemd]: try context.terminal.output(SystemdUnits.text(try onlyPlace()))
    case [.cron]: try printCrontab()
    case [.container]: try context.terminal.output(Containerfile.text(try containers()))
    case [.kubernetes]: try context.terminal.output(KubernetesManifests.deployment(try containers()))
    case [.cron, .kubernetes]: try context.terminal.output(try KubernetesManifests.cronJobs(try containers()))
    default:
      throw Invocation.usage(
        "expected one of --systemd, --cron, --container and --kubernetes.", help: "See message-trace help schedule")
    }
    return .done
  }

  private func printCrontab() throws(Failure) {
    let place = try onlyPlace()
    for doubt in Crontab.doubts(try layer(context.invocation.operands[0])) { context.terminal.say("warning: \(doubt)") }
    try context.terminal.output(Crontab.text(place))
  }

  private func onlyPlace() throws(Failure) -> UnitParameters {
    guard context.invocation.operands.count == 1 else {
      throw context.command.wrongCall("one playbook a call is expected.")
    }
    let path = context.invocation.operands[0]
    return try UnitParameters(
      binary(), playbook: absolute(path), layer: try layer(path), every: try every(path) ?? Defaults.every)
  }

  private func containers() throws(Failure) -> ContainerParameters {
    var playbooks: [ContainerParameters.Playbook] = []
    for path in context.invocation.operands {
      _ = try every(path)
      let text = String(decoding: try FileBytes.read(path, purpose: "playbook"), as: UTF8.self)
      let layer = try layer(path)
      // A password in it would stand in a ConfigMap.
      for state in layer[.state] ?? [] where DatabaseTarget.isOne(state) { _ = try DatabaseTarget(parsing: state) }
      playbooks.append(.init(path: try absolute(path), text: text, layer: layer))
    }
    return try ContainerParameters(
      playbooks, image: context.invocation.options[.image] ?? "message-trace:\(MessageTrace.version)",
      replicas: try context.number(.replicas, default: 2, 1...100))
  }

  private func layer(_ path: String) throws(Failure) -> SettingLayer { try Playbook.read(path).layer }

  /// nil where the playbook leaves it open.
  private func every(_ path: String) throws(Failure) -> Duration? {
    guard let text = try layer(path)[.every]?.last else { return nil }
    guard let every = Duration(parsing: text) else {
      throw Failure(
        .configInvalid, exit: .configuration,
        "Reading \(path): trigger.every must be a duration, not \(Log.clean(text, limit: 40)).",
        hint: "Run: message-trace playbook validate \(path)")
    }
    return every
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
