// Which files of secrets the binary takes, and from whom.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct SecretFileTests {
  private static let isRoot = geteuid() == 0

  /// A `check`, which tries once, with the token of this file: 75 means that it was read. Its findings are in `errors`.
  private func run(_ file: String, environment: [String: String] = [:], as user: [String] = []) throws -> ProcessResult
  {
    let state = try ScratchFolder()
    #expect(unsafe chmod(state.path, 0o777) == 0)
    var result = try TestProgram(
      user + [
        Program.path, "check", "--mode", "graph", "--tenant", "t.example", "--access-token-file", file, "--graph-url",
        "http://127.0.0.1:1", "--state", state("state"),
      ], environment: environment
    ).capture()
    result.errors += String(decoding: result.output, as: UTF8.self)
    return result
  }

  /// The unreachable service is the next obstacle once the secret is read.
  private func isTaken(_ result: ProcessResult) -> Bool {
    result.status == 75 && result.errors.contains("refused")
  }

  @Test(
    "others may not read, neither group nor others may write; the bit is named",
    arguments: [
      (0o600, nil), (0o400, nil), (0o640, nil), (0o440, nil), (0o644, "(o+r)"), (0o602, "(o+w)"), (0o660, "(g+w)"),
      (0o666, "(o+r,o+w,g+w)"),
    ] as [(mode_t, String?)])
  func modes(_ mode: mode_t, _ refusal: String?) throws {
    let folder = try ScratchFolder()
    let result = try run(try folder.write("token", to: "token", mode: mode))
    guard let refusal else {
      #expect(isTaken(result), "\(result.errors)")
      return
    }
    #expect(result.status == 78 && result.errors.contains(refusal), "\(result.errors)")
    #expect(
      result.errors.contains(
        "chmod \(refusal.dropFirst().dropLast().map { $0 == "+" ? "-" : $0 }.map(String.init).joined())"))
  }

  @Test("a file of root and the service's group, 0640, is taken by the service's user", .enabled(if: isRoot))
  func group() throws {
    let folder = try ScratchFolder()
    #expect(unsafe chmod(folder.path, 0o755) == 0)
    let file = try folder.write("token", to: "token", mode: 0o640)
    #expect(unsafe chown(file, 0, 61_234) == 0)
    let user = ["setpriv", "--reuid=61233", "--regid=61234", "--clear-groups"]
    let result = try run(file, as: user)
    #expect(isTaken(result) && !result.errors.contains("Another user"), "\(result.errors)")
    #expect(unsafe chown(file, 61_235, 61_234) == 0)
    let warned = try run(file, as: user)
    #expect(isTaken(warned) && warned.errors.contains("Another user (uid 61235) owns"), "\(warned.errors)")
  }

  @Test(
    "a credential of systemd 254 is taken: the service's user reads it by an access control list",
    .enabled(if: isRoot && InstalledProgram.isWanted("setfacl"), "setfacl is not installed"))
  func credential() throws {
    let folder = try ScratchFolder()
    #expect(unsafe chmod(folder.path, 0o755) == 0)
    let credentials = try folder.makeFolder("credentials")
    let file = try folder.write("token", to: "credentials/token", mode: 0o400)
    for (mode, path) in [("r-x", credentials), ("r--", file)] {
      #expect(try TestProgram(["setfacl", "-m", "u:61233:\(mode)", path]).run() == 0)
    }
    // As a file that is world readable, which the directory forbids.
    #expect(unsafe chmod(file, 0o444) == 0)
    let user = ["setpriv", "--reuid=61233", "--regid=61233", "--clear-groups"]
    let taken = try run(file, environment: ["CREDENTIALS_DIRECTORY": credentials], as: user)
    #expect(isTaken(taken), "\(taken.errors)")
    #expect(try run(file, as: user).status == 78)
    #expect(try run(file, environment: ["CREDENTIALS_DIRECTORY": folder("other")], as: user).status == 78)
  }

  @Test(
    "a token projected into a read-only volume is taken as 0644, behind its links; one that can be written is not",
    .enabled(if: isRoot && canMount, "mounting is not allowed here"))
  func projected() throws {
    let folder = try ScratchFolder()
    let volume = try folder.makeFolder("volume")
    let mount = """
      mount -t tmpfs none \(volume) && mkdir \(volume)/..2026 && printf token > \(volume)/..2026/token &&
      ln -s ..2026 \(volume)/..data && ln -s ..data/token \(volume)/token && chmod 0644 \(volume)/..2026/token &&
      """
    for (options, isTrusted) in [("ro", true), ("rw", false)] {
      let shell = ["unshare", "-m", "sh", "-c", "\(mount) mount -o remount,\(options) \(volume) && exec \"$@\"", "sh"]
      let result = try run("\(volume)/token", as: shell)
      #expect(isTrusted ? isTaken(result) : result.status == 78, "\(options): \(result.errors)")
    }
  }

  private static let canMount: Bool = {
    let shell = "mount -t tmpfs none /mnt"
    return (try? TestProgram(["unshare", "-m", "sh", "-c", shell]).run()) == 0
  }()

  @Test("a byte order mark and one line end are no part of a secret")
  func mark() throws {
    let server = try ScriptedServer { _, _ in .answer("{\"value\":[]}") }
    defer { server.stop() }
    let folder = try ScratchFolder()
    let file = try folder.write([0xEF, 0xBB, 0xBF] + Array("secret-77\r\n".utf8), to: "secret")
    let result = Program.run([
      "query", "--mode", "reporting", "--username", "u@t.example", "--password-file", file, "--reporting-url",
      server.base,
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      server.requests.first?.header("authorization") == "Basic \(Base64.encode(Array("u@t.example:secret-77".utf8)))")
  }
}
