// Units as systemd itself judges them, and crontab lines as cron and a shell read them.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Configuration

@Suite struct SystemdUnitsTests {
  static func place(_ playbook: String = "/etc/message-trace/contoso.json") throws -> UnitParameters {
    var layer = SettingLayer()
    layer[.sink] = ["file:/var/log/message-trace/contoso.ndjson", "tcp://siem:601"]
    layer[.clientSecretFile] = ["file:/etc/message-trace/secret"]
    return try UnitParameters("/bin/true", playbook: playbook, layer: layer, every: .seconds(300))
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
    for line in [
      "Type=notify", "ExecStart=/bin/true run /etc/message-trace/%i.json", "WatchdogSec=5min",
      "LoadCredential=client-secret:/etc/message-trace/%i/secret", "User=message-trace",
    ] {
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
    let folder = try ScratchFolder()
    for file in SystemdUnits.files(try Self.place()) {
      try folder.write(file.text, to: file.name)
    }
    let units = "message-trace-contoso.service message-trace-contoso.timer message-trace@contoso.service"
    let hasSystemd = InstalledProgram.path(of: "systemd-analyze") != nil
    let verified = try Self.shell(
      "cp message-trace@.service message-trace@contoso.service"
        + " && systemd-analyze verify --man=no \(units) && systemd-analyze security --offline=true --threshold=25 \(units.split(separator: " ")[0])",
      in: folder)
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

  private static func shell(_ command: String, in folder: ScratchFolder) throws -> Int32 {
    var shell = TestProgram(["sh", "-c", command])
    shell.folder = folder.path
    return try shell.run()
  }
}
