// Unit files for systemd, hardened. Sources: systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.unit(5).

package import IntakeCore

/// What a unit file or crontab line needs to know.
package struct UnitPlace: Sendable {
  /// Absolute paths.
  package var binary: String
  package var playbook: String
  package var every: Duration
  /// Directories that file sinks and the metrics file write to.
  let outputs: [String]
  private let state: String
  private let isStateBelow: Bool
  /// Names and files of secrets that the playbook takes from files.
  let credentials: [(name: String, file: String)]

  /// - Throws: for paths that no unit file or crontab can hold.
  package init(
    _ binary: String, playbook: String, layer: SettingLayer, every: Duration = Defaults.every
  ) throws(Failure) {
    for path in [binary, playbook] where path.utf8.contains(where: { $0 < 0x20 }) || !path.hasPrefix("/") {
      throw Failure(
        "schedule.path", exit: .usage,
        "Printing a schedule: \(Log.clean(path, limit: 200)) is no path that it can hold.",
        hint: "Give the playbook's absolute path, without control characters.")
    }
    self.binary = binary
    self.playbook = playbook
    self.every = every
    let files = (layer[.sink] ?? []).filter { $0.hasPrefix("file:") }.map { String($0.dropFirst(5)) }
    let state = layer[.state]?.last ?? ""
    let below = "/var/lib/"
    isStateBelow = state.hasPrefix(below) && !state.contains("..") && state.utf8.count > below.utf8.count
    self.state = state
    let folders = Set((files + (layer[.metricsFile] ?? [])).compactMap(Self.folder))
    outputs = folders.union(state.isEmpty || isStateBelow ? [] : [state]).sorted()
    credentials = [(Setting.clientSecretFile, "client-secret"), (.passwordFile, "password")].compactMap {
      setting, name in
      let reference = layer[setting]?.last ?? ""
      return reference.hasPrefix("file:/") ? (name, String(reference.dropFirst(5))) : nil
    }
  }

  /// The playbook's file name without its ending: the name of the unit.
  package var name: String {
    let file = playbook.split(separator: "/").last.map(String.init) ?? "playbook"
    let stem = file.hasSuffix(".json") ? String(file.dropLast(5)) : file
    return String(
      stem.unicodeScalars.map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-")
          ? Character(scalar) : "_"
      })
  }

  /// Below `/var/lib`: the playbook's own where it is there, else one by the unit's name.
  var stateDirectory: String {
    isStateBelow ? String(state.dropFirst("/var/lib/".utf8.count)) : "message-trace/\(name)"
  }

  var folder: String { Self.folder(playbook) ?? "/" }

  private static func folder(_ path: String) -> String? {
    guard path.hasPrefix("/"), let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

package enum SystemdUnits {
  /// Every unit under a line that names its file.
  package static func text(_ place: UnitPlace) -> String {
    files(place).map { "# /etc/systemd/system/\($0.name)\n\($0.text)" }.joined(separator: "\n")
  }

  package static func files(_ place: UnitPlace) -> [(name: String, text: String)] {
    [
      ("message-trace-\(place.name).service", service(place)), ("message-trace-\(place.name).timer", timer(place)),
      ("message-trace@.service", template(place)),
    ]
  }

  private static func service(_ place: UnitPlace) -> String {
    """
    [Unit]
    Description=Collect Microsoft 365 message traces (\(place.name))
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    ExecStart=\(quoted(place.binary)) collect \(quoted(place.playbook))
    # 75: come again, the timer does.
    SuccessExitStatus=75
    TimeoutStartSec=1h
    \(secrets(place))\(common(place, state: place.stateDirectory))

    """
  }

  private static func timer(_ place: UnitPlace) -> String {
    """
    [Unit]
    Description=Collect Microsoft 365 message traces every \(place.every.text) (\(place.name))

    [Timer]
    OnBootSec=30s
    OnUnitInactiveSec=\(max(1, place.every.components.seconds))s
    AccuracySec=1s
    RandomizedDelaySec=2s

    [Install]
    WantedBy=timers.target

    """
  }

  private static func template(_ place: UnitPlace) -> String {
    """
    # For playbook NAME.json in \(place.folder): systemctl enable --now message-trace@NAME.service
    # Leave `state` out of the playbook, or let it be /var/lib/message-trace/NAME.
    [Unit]
    Description=Collect Microsoft 365 message traces (%i)
    Wants=network-online.target
    After=network-online.target
    StartLimitIntervalSec=0

    [Service]
    Type=notify
    NotifyAccess=main
    ExecStart=\(quoted(place.binary)) run \(instance(place.folder))
    ExecReload=/bin/kill -HUP $MAINPID
    Restart=on-failure
    RestartSec=30s
    # Only a person can mend these.
    RestartPreventExitStatus=64 65 66 70 78
    WatchdogSec=5min
    TimeoutStopSec=15s
    \(secrets(place))\(common(place, state: "message-trace/%i"))

    [Install]
    WantedBy=multi-user.target

    """
  }

  /// A playbook that names no secret is given `$CREDENTIALS_DIRECTORY/client-secret` this way.
  private static func secrets(_ place: UnitPlace) -> String {
    let known = place.credentials.map { "LoadCredential=\($0.name):\(escaped($0.file))\n" }.joined()
    guard known.isEmpty else {
      return "# Leave the secret's file out of the playbook: it is found among the credentials.\n" + known
    }
    return """
      # The secret, readable by root alone; the playbook need not name it.
      #LoadCredential=client-secret:/etc/message-trace/client-secret
      #LoadCredential=password:/etc/message-trace/password

      """
  }

  private static func common(_ place: UnitPlace, state: String) -> String {
    let writable = place.outputs.map { "ReadWritePaths=\(quoted("-" + $0))\n" }.joined()
    return """
      DynamicUser=yes
      StateDirectory=\(state)
      StateDirectoryMode=0700
      LogsDirectory=message-trace
      \(writable)UMask=0077
      LimitCORE=0
      ProtectSystem=strict
      ProtectHome=yes
      ProtectProc=invisible
      ProcSubset=pid
      ProtectClock=yes
      ProtectHostname=yes
      ProtectKernelLogs=yes
      ProtectKernelModules=yes
      ProtectKernelTunables=yes
      ProtectControlGroups=yes
      PrivateTmp=yes
      PrivateDevices=yes
      PrivateUsers=yes
      NoNewPrivileges=yes
      CapabilityBoundingSet=
      AmbientCapabilities=
      RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
      RestrictNamespaces=yes
      RestrictRealtime=yes
      RestrictSUIDSGID=yes
      LockPersonality=yes
      MemoryDenyWriteExecute=yes
      RemoveIPC=yes
      SystemCallArchitectures=native
      SystemCallFilter=@system-service
      SystemCallFilter=~@privileged
      SystemCallErrorNumber=EPERM
      """
  }

  /// As an argument: specifiers and quotes mean themselves.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x2D <= 12 || $0 == 0x5F }
    return plain ? text : "\"\(escaped(text).replacing("\\", "\\\\").replacing("\"", "\\\"").replacing("$", "$$"))\""
  }

  private static func instance(_ folder: String) -> String {
    let path = quoted(folder == "/" ? "" : folder)
    return path.hasSuffix("\"") ? path.dropLast() + "/%i.json\"" : path + "/%i.json"
  }

  private static func escaped(_ text: String) -> String { text.replacing("%", "%%") }
}

package enum Crontab {
  /// One line; `every` in whole minutes, since cron knows nothing smaller.
  package static func text(_ place: UnitPlace) -> String {
    let minutes = max(1, min(59, place.every.components.seconds / 60))
    let when = minutes == 1 ? "* * * * *" : "*/\(minutes) * * * *"
    let call = [place.binary, "collect", place.playbook].map(quoted).joined(separator: " ")
    return "\(when) \(call)\n"
  }

  /// For the shell, and for cron, which takes a bare `%` as a line break.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x2D <= 12 || $0 == 0x5F }
    return plain ? text : "'\(text.replacing("'", "'\\''").replacing("%", "\\%"))'"
  }
}

extension String {
  /// Every occurrence of one text replaced by another.
  fileprivate func replacing(_ old: String, _ new: String) -> String {
    guard let first = old.first else { return self }
    return map { $0 == first ? new : String($0) }.joined()
  }
}
