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
    \(secrets(place) { escaped($0) })\(user(place))StateDirectory=\(word(place.stateDirectory))
    \(writable(place) { quoted($0) })\(hardening(place))

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
    \(secrets(place) { perInstance($0, place, isDirectory: false) })\(user(place))StateDirectory=\(stateOfInstance(place))
    \(writable(place) { quoted($0, perInstance($0, place, isDirectory: true)) })\(hardening(place))

    [Install]
    WantedBy=multi-user.target

    """
  }

  /// Every secret as a credential: the program takes it from there where its user may not read the file itself.
  private static func secrets(_ place: UnitParameters, _ file: (String) -> String) -> String {
    guard !place.credentials.isEmpty else { return "" }
    let lines = place.credentials.map { "LoadCredential=\($0.name):\(file($0.file))\n" }
    return "# Files that root alone may read; systemd passes them on.\n" + lines.joined()
  }

  /// One user for all instances: they share the directory of logs.
  private static func user(_ place: UnitParameters) -> String {
    guard let owner = place.owner else { return "User=message-trace\nDynamicUser=yes\n" }
    return """
      # The owner of what is written. With outputs in /var/log/message-trace alone and a state in /var/lib, or none, the
      # unit has a user of its own.
      User=\(owner)

      """
  }

  private static func writable(_ place: UnitParameters, _ path: (String) -> String) -> String {
    place.outputs.map { "ReadWritePaths=-\(path($0))\n" }.joined()
  }

  /// The playbook's own directory, by the instance's name where it is part of the path.
  private static func stateOfInstance(_ place: UnitParameters) -> String {
    let parts = place.stateDirectory.split(separator: "/").map(String.init)
    let own = parts.map { $0 == place.instance ? "%i" : escaped($0) }.joined(separator: "/")
    return own.contains("%i") ? word(own) : "message-trace/%i \(word(own))"
  }

  /// A path with the instance's own folder in it; specifiers of the path itself are escaped.
  private static func perInstance(_ path: String, _ place: UnitParameters, isDirectory: Bool) -> String {
    guard isDirectory else {
      return UnitCredentials.perInstance(escaped(path), instance: escaped(place.instance), of: "%i")
    }
    return escaped(path).split(separator: "/", omittingEmptySubsequences: false)
      .map { $0 == escaped(place.instance) ? "%i" : String($0) }.joined(separator: "/")
  }

  private static func hardening(_ place: UnitParameters) -> String {
    return """
      StateDirectoryMode=0700
      LogsDirectory=message-trace
      UMask=0077
      LimitCORE=0
      ProtectSystem=strict
      ProtectHome=\(place.needsHome ? "read-only" : "yes")
      ProtectProc=invisible
      ProcSubset=pid
      ProtectClock=yes
      ProtectHostname=yes
      ProtectKernelLogs=yes
      ProtectKernelModules=yes
      ProtectKernelTunables=yes
      ProtectControlGroups=yes
      PrivateTmp=\(place.needsTemporary ? "no" : "yes")
      PrivateDevices=yes
      PrivateUsers=\(place.owner == nil ? "yes" : "no")
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

  /// A relative path in a list that is separated by spaces.
  private static func word(_ path: String) -> String { path.contains(" ") ? "\"\(path)\"" : path }

  /// As an argument: specifiers and quotes mean themselves.
  private static func quoted(_ text: String) -> String { quoted(text, escaped(text)) }

  /// - Parameter specified: the text with its specifiers as they are meant.
  private static func quoted(_ text: String, _ specified: String) -> String {
    let plain = text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x2D <= 12 || $0 == 0x5F }
    return plain ? specified : "\"\(specified.replacing("\\", "\\\\").replacing("\"", "\\\"").replacing("$", "$$"))\""
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
