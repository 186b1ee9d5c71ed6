// What `schedule --systemd` prints, run as pasted: the nearest thing to a service manager that a test can have. It lays the
// credentials out as systemd does, expands the specifiers, and starts the command as the user that the unit names.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads) struct UnitTrialTests {
  /// A user of systemd's dynamic range.
  private static let dynamicUser: uid_t = 61_300
  private static let canRun = geteuid() == 0 && InstalledProgram.isWanted("setfacl")

  /// Lines of one unit among those that `schedule` prints.
  private func unit(_ name: String, of text: [String]) -> [String] {
    Array(text.drop { $0 != "# /etc/systemd/system/\(name)" }.dropFirst().prefix { !$0.hasPrefix("# /etc/systemd/") })
  }

  private func values(_ key: String, _ unit: [String], instance: String) -> [String] {
    unit.filter { $0.hasPrefix("\(key)=") }.map { line in
      String(line.dropFirst(key.utf8.count + 1)).split(separator: "%i", omittingEmptySubsequences: false)
        .joined(separator: instance)
    }
  }

  /// Runs ExecStart of a unit; the daemon's `run` as one pass.
  private func start(_ unit: [String], instance: String, in folder: ScratchFolder) throws -> ProcessResult {
    let credentials = folder("credentials-\(instance)")
    try? FileManagement.makeFolder(credentials)
    let isDynamic = unit.contains("DynamicUser=yes")
    for credential in values("LoadCredential", unit, instance: instance) {
      let parts = credential.split(separator: ":", maxSplits: 1).map(String.init)
      let bytes = try FileBytes.read(parts[1], purpose: "credential of \(instance)")
      let file = try folder.write(bytes, to: "credentials-\(instance)/\(parts[0])", mode: 0o400)
      guard isDynamic else { continue }
      #expect(try TestProgram(["setfacl", "-m", "u:\(Self.dynamicUser):r--", file]).run() == 0)
    }
    var prefix: [String] = []
    let state = folder("state-\(instance)")
    try? FileManagement.makeFolder(state)
    if isDynamic {
      #expect(try TestProgram(["setfacl", "-m", "u:\(Self.dynamicUser):r-x", credentials]).run() == 0)
      #expect(unsafe chown(state, Self.dynamicUser, Self.dynamicUser) == 0)
      prefix = ["setpriv", "--reuid=\(Self.dynamicUser)", "--regid=\(Self.dynamicUser)", "--clear-groups"]
    }
    var words = values("ExecStart", unit, instance: instance)[0].split(separator: " ").map(String.init)
    if words[1] == "run" { words[1] = "collect" }
    return try TestProgram(
      prefix + words, environment: ["CREDENTIALS_DIRECTORY": credentials, "STATE_DIRECTORY": state]
    ).capture()
  }

  private func playbook(_ fixture: borrowing PlaybookFixture, secret: String, more: String = "") -> String {
    """
    { "name": "x", "type": "intake", "trigger": { "since": "6h", "revisit": ["none"] },
      "source": { "mode": "graph", "tenant": "\(fixture.settings.tenant.name)", "clientId": "\(fixture.settings.clientID)",
        "clientSecret": \(secret), "graphUrl": "\(fixture.server.graphURL)", "authority": "\(fixture.server.authorityURL)" }
      \(more) }
    """
  }

  @Test("service and template of a dynamic user start with the secret that root alone may read", .enabled(if: canRun))
  func dynamic() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let folder = fixture.folder
    #expect(unsafe chmod(folder.path, 0o755) == 0)
    try folder.makeFolder("contoso")
    try folder.write(fixture.settings.clientSecret, to: "contoso/client-secret")
    let path = try folder.write(
      playbook(fixture, secret: "{ \"file\": \"contoso/client-secret\" }"), to: "contoso.json", mode: 0o644)
    let printed = Program.run(["schedule", "--systemd", path]).lines
    for name in ["message-trace-contoso.service", "message-trace@.service"] {
      let result = try start(unit(name, of: printed), instance: "contoso", in: folder)
      #expect(result.status == 0, "\(name): \(result.errors)")
    }
  }

  @Test("a second instance of the template is not given the first one's secret", .enabled(if: canRun))
  func second() throws {
    let fixture = try PlaybookFixture(messages: 20)
    let folder = fixture.folder
    #expect(unsafe chmod(folder.path, 0o755) == 0)
    for (name, secret) in [("contoso", fixture.settings.clientSecret), ("fabrikam", "fabrikam-secret")] {
      try folder.makeFolder(name)
      try folder.write(secret, to: "\(name)/client-secret")
      try folder.write(
        playbook(fixture, secret: "{ \"file\": \"\(name)/client-secret\" }"), to: "\(name).json", mode: 0o644)
    }
    let printed = Program.run(["schedule", "--systemd", folder("contoso.json")]).lines
    let template = unit("message-trace@.service", of: printed)
    let result = try start(template, instance: "fabrikam", in: folder)
    #expect(result.status == 77 && result.errors.contains("the client secret is wrong"), "\(result.errors)")
    #expect(try start(template, instance: "contoso", in: folder).status == 0)
  }

  @Test("a daemon of several playbooks takes no credential in place of a secret that one of them names")
  func shared() throws {
    let folder = try ScratchFolder()
    try folder.makeFolder("credentials")
    try folder.write("secret-of-a", to: "credentials/client-secret")
    let source = "\"tenant\": \"t.example\", \"clientId\": \"c\", \"graphUrl\": \"http://127.0.0.1:1\""
    for name in ["a", "b"] {
      try folder.write(
        "{ \"source\": { \(source), \"clientSecret\": { \"env\": \"NOT_SET\" } }, \"state\": \"\(name)\" }",
        to: "\(name).json")
    }
    let result = Program.run(
      ["run", folder("a.json"), folder("b.json")], environment: ["CREDENTIALS_DIRECTORY": folder("credentials")])
    #expect(result.status == 78 && result.errors.contains("NOT_SET is not set"), "\(result.errors)")
  }

  @Test("every secret of a playbook is a credential: of the template per instance, of a reference by its usual place")
  func all() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(
      """
      { "source": { "tenant": "t", "clientId": "c", "password": { "env": "P" }, "clientSecret": { "file": "/etc/x/one" },
          "certificateFile": "/etc/x/c.pem", "privateKeyFile": "/etc/contoso/k.pem", "proxy": { "file": "/etc/x/proxy" } },
        "normaliser": { "redactKey": { "file": "key" } },
        "sinks": ["tls://siem:6514?cert=/etc/x/siem.pem&key=/etc/x/siem.key"] }
      """, to: "contoso.json")
    let printed = Program.run(["schedule", "--systemd", path]).lines
    let service = values("LoadCredential", unit("message-trace-contoso.service", of: printed), instance: "")
    let template = values("LoadCredential", unit("message-trace@.service", of: printed), instance: "fabrikam")
    #expect(
      Set(service) == [
        "password:/etc/message-trace/contoso/password", "client-secret:/etc/x/one", "certificate:/etc/x/c.pem",
        "private-key:/etc/contoso/k.pem", "redact-key:\(folder("key"))", "proxy:/etc/x/proxy",
        "siem.pem:/etc/x/siem.pem",
        "siem.key:/etc/x/siem.key",
      ])
    #expect(template.count == service.count && template.allSatisfy { $0.contains("/fabrikam/") }, "\(template)")
  }

  @Test("what playbook init writes and what schedule prints belong together")
  func starter() throws {
    let folder = try ScratchFolder()
    let path = folder("contoso.json")
    #expect(Program.run(["playbook", "init", path, "--tenant", "contoso.com"]).status == 0)
    let printed = Program.run(["schedule", "--systemd", path]).lines
    let service = unit("message-trace-contoso.service", of: printed)
    let template = unit("message-trace@.service", of: printed)
    #expect(service.contains("LoadCredential=client-secret:\(folder("contoso/client-secret"))"))
    #expect(service.contains("StateDirectory=message-trace/contoso"))
    #expect(template.contains("StateDirectory=message-trace/%i"))
    for unit in [service, template] {
      #expect(unit.contains("DynamicUser=yes") && unit.contains("LogsDirectory=message-trace"))
    }
    var status = stat()
    #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o644)
  }

  @Test("a playbook that writes beside itself runs as the owner of that folder")
  func owner() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(
      "{ \"source\": { \"tenant\": \"t\", \"clientId\": \"c\" }, \"sinks\": [\"file:mail.ndjson\"], \"state\": \"state\" }",
      to: "contoso.json")
    let service = unit("message-trace-contoso.service", of: Program.run(["schedule", "--systemd", path]).lines)
    #expect(!service.contains("DynamicUser=yes") && service.contains { $0.hasPrefix("User=") })
    #expect(service.contains("ReadWritePaths=-\(folder.path)") && service.contains("PrivateTmp=no"))
  }
}

private enum FileManagement {
  static func makeFolder(_ path: String) throws {
    guard unsafe mkdir(path, 0o700) == 0 else { throw FileFault(.makeDirectory, path, errno) }
  }
}
