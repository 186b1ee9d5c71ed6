// Unit files for systemd, hardened. Sources: systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.unit(5).

internal import IntakeCore

package enum SystemdUnits {
  /// Every unit under a line that names its file.
  package static func text(_ place: UnitParameters) -> String {
    files(place).map { "# /etc/systemd/system/\($0.name)\n\($0.text)" }.joined(separator: "\n")
  }

  package static func files(_ place: UnitParameters) -> [(name: String, text: String)] {
    [
      ("message-trace-\(place.name).service", service(place)), ("message-trace-\(place.name).timer", timer(place)),
      ("message-trace@.service", template(place)),
    ]
  }

  private static func service(_ place: UnitParameters) -> String {
    """
    [Unit]
    Description=Collect Microsoft 365 message traces (\(place.name))
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    ExecStart=\(quoted(place.binary)) collect \(quoted(place.playbook))
    # 75: temporary failure; the timer retries.
    SuccessExitStatus=75
    TimeoutStartSec=1h
    \(secrets(place))\(common(place, state: place.stateDirectory))

    """
  }

  private static func timer(_ place: UnitParameters) -> String {
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

  private static func template(_ place: UnitParameters) -> String {
    """
    # For playbook NAME.json in \(place.folder): systemctl enable --now message-trace@NAME.service
    # Leave `state` out of the playbook, or set it to /var/lib/message-trace/NAME.
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
    # These need an operator.
    RestartPreventExitStatus=64 65 66 70 78
    WatchdogSec=5min
    TimeoutStopSec=15s
    \(secrets(place))\(common(place, state: "message-trace/%i"))

    [Install]
    WantedBy=multi-user.target

    """
  }

  /// A playbook that names no secret is given `$CREDENTIALS_DIRECTORY/client-secret` this way.
  private static func secrets(_ place: UnitParameters) -> String {
    let known = place.credentials.map { "LoadCredential=\($0.name):\(escaped($0.file))\n" }.joined()
    guard known.isEmpty else {
      return "# Leave the secret's file out of the playbook: it is read from the credentials directory.\n" + known
    }
    return """
      # The secret, readable by root alone; the playbook may omit it.
      #LoadCredential=client-secret:/etc/message-trace/client-secret
      #LoadCredential=password:/etc/message-trace/password

      """
  }

  private static func common(_ place: UnitParameters, state: String) -> String {
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

extension String {
  /// Every occurrence of one text replaced by another.
  func replacing(_ old: String, _ new: String) -> String {
    guard let first = old.first else { return self }
    return map { $0 == first ? new : String($0) }.joined()
  }
}
