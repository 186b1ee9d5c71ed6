// Units as systemd itself judges them, and crontab lines as cron and a shell read them.

internal import Glibc
internal import IntakeCore
import Testing

@testable internal import Trigger

@Suite struct SystemdUnitsTests {
  static func place(_ playbook: String = "/etc/message-trace/contoso.json") throws -> UnitPlace {
    var layer = SettingLayer()
    layer[.sink] = ["file:/var/log/message-trace/contoso.ndjson", "tcp://siem:601"]
    layer[.clientSecretFile] = ["file:/etc/message-trace/secret"]
    return try UnitPlace("/bin/true", playbook: playbook, layer: layer, every: .seconds(300))
  }

  @Test("the units name the program, the playbook, the secret, and what may be written")
  func content() throws {
    let files = SystemdUnits.files(try Self.place())
    #expect(
      files.map(\.name) == ["message-trace-contoso.service", "message-trace-contoso.timer", "message-trace@.service"])
    for line in [
      "ExecStart=/bin/true collect /etc/message-trace/contoso.json", "DynamicUser=yes", "ProtectSystem=strict",
      "StateDirectory=message-trace/contoso", "LoadCredential=client-secret:/etc/message-trace/secret",
      "ReadWritePaths=-/var/log/message-trace", "SuccessExitStatus=75", "NoNewPrivileges=yes",
    ] {
      #expect(files[0].text.split(separator: "\n").contains(line[...]), "\(line)")
    }
    #expect(files[1].text.contains("OnUnitInactiveSec=300s\n"))
    for line in ["Type=notify", "ExecStart=/bin/true run /etc/message-trace/%i.json", "WatchdogSec=5min"] {
      #expect(files[2].text.split(separator: "\n").contains(line[...]), "\(line)")
    }
  }

  @Test("names that would mean something else to systemd are quoted")
  func quoted() throws {
    let text = SystemdUnits.text(try Self.place("/etc/a b/50%$x.json"))
    #expect(text.contains("ExecStart=/bin/true collect \"/etc/a b/50%%$$x.json\"\n"))
    #expect(text.contains("ExecStart=/bin/true run \"/etc/a b/%i.json\"\n"))
    #expect(text.contains("# /etc/systemd/system/message-trace-50__x.service\n"))
  }

  @Test("paths that no unit can hold are refused", arguments: ["relative.json", "/etc/a\nb.json"])
  func refused(_ path: String) {
    #expect(throws: Failure.self) { _ = try Self.place(path) }
  }

  @Test("where systemd is installed, it verifies the units and calls them safe")
  func verified() throws {
    let folder = "/tmp/message-trace-units-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try #require(unsafe mkdir(folder, 0o700) == 0)
    defer { _ = Self.shell("rm -rf \(folder)") }
    for file in SystemdUnits.files(try Self.place()) {
      try WholeFile.replace("\(folder)/\(file.name)", with: Array(file.text.utf8), mode: 0o600)
    }
    let units = "message-trace-contoso.service message-trace-contoso.timer message-trace@contoso.service"
    let hasSystemd = Self.shell("command -v systemd-analyze") == 0
    let verified = Self.shell(
      "cd \(folder) && cp message-trace@.service message-trace@contoso.service"
        + " && systemd-analyze verify --man=no \(units) && systemd-analyze security --offline=true --threshold=25 \(units.split(separator: " ")[0])"
    )
    #expect(!hasSystemd || verified == 0)
    #expect(hasSystemd || verified != 0)
  }

  @Test(
    "a crontab line calls the program with exactly this playbook",
    arguments: [
      ("/etc/contoso.json", "*/5 * * * * /bin/true collect /etc/contoso.json\n"),
      ("/etc/a b's 5%.json", "*/5 * * * * /bin/true collect '/etc/a b'\\''s 5\\%.json'\n"),
    ])
  func crontab(_ path: String, _ line: String) throws {
    #expect(Crontab.text(try Self.place(path)) == line)
  }

  /// Exit status of a shell command, its output thrown away.
  static func shell(_ command: String) -> Int32 {
    let call: [String] = ["sh", "-c", "(\(command)) >/dev/null 2>&1"]
    var words: [UnsafeMutablePointer<CChar>?] = unsafe call.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe words.indices { unsafe free(words[index]) } }
    var process: pid_t = 0
    guard unsafe posix_spawnp(&process, "sh", nil, nil, &words, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
