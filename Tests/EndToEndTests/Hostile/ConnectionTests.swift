// Proxies, names, certificates: what an error says of a connection that fails.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct ConnectionTests {
  /// A `check`, which tries once; its findings are in `errors`.
  private func check(_ url: String, _ more: [String] = [], environment: [String: String] = [:]) throws -> ProcessResult
  {
    let folder = try ScratchFolder()
    let token = try folder.write("token", to: "token")
    var result = Program.run(
      ["check"] + more + [
        "--mode", "graph", "--tenant", "t.example", "--access-token-file", token, "--graph-url", url, "--state",
        folder("state"),
      ],
      environment: environment)
    result.errors += String(decoding: result.output, as: UTF8.self)
    return result
  }

  @Test("a proxy's password is refused in the arguments and as a playbook's literal, and not repeated")
  func literal() throws {
    let flag = try check("http://127.0.0.1:1", ["--proxy", "http://user:hunter2@127.0.0.1:1"])
    #expect(flag.status == 78 && flag.errors.contains("--proxy-file") && !flag.errors.contains("hunter2"))
    let folder = try ScratchFolder()
    let playbook = try folder.write(
      "{ \"source\": { \"tenant\": \"t.example\", \"accessTokenFile\": \"t\", \"proxy\": \"http://user:hunter2@p:1\" } }",
      to: "p.json")
    let checked = Program.run(["playbook", "validate", playbook])
    #expect(checked.status == 78 && checked.errors.contains("source.proxy") && !checked.errors.contains("hunter2"))
  }

  @Test(
    "a proxy by reference is signed in at; its errors name it without the password",
    arguments: ["env", "file", "playbook"])
  func reference(_ kind: String) throws {
    let proxy = try ScriptedServer { _, _ in .answer("", status: 407) }
    defer { proxy.stop() }
    let folder = try ScratchFolder()
    let url = "http://user:hunter2@127.0.0.1:\(proxy.port)"
    let file = try folder.write(url, to: "proxy")
    let result: ProcessResult
    switch kind {
    case "env": result = try check("https://graph.example", environment: ["MESSAGE_TRACE_PROXY": url])
    case "file": result = try check("https://graph.example", ["--proxy-file", file])
    default:
      let playbook = try folder.write("{ \"source\": { \"proxy\": { \"file\": \"proxy\" } } }", to: "p.json")
      result = try check("https://graph.example", [playbook])
    }
    #expect(
      result.status == 78 && result.errors.contains("127.0.0.1:\(proxy.port) requires authentication"),
      "\(result.errors)")
    #expect(!result.errors.contains("hunter2"))
    #expect(proxy.requests.first?.header("proxy-authorization") == "Basic \(Base64.encode(Array("user:hunter2".utf8)))")
  }

  @Test("a failed connection says that proxy variables are not used, and names a proxy that is")
  func variables() throws {
    let ignored = try check("http://127.0.0.1:1", environment: ["HTTPS_PROXY": "http://user:hunter2@proxy.corp:3128"])
    #expect(ignored.status == 75 && ignored.errors.contains("HTTPS_PROXY is set"), "\(ignored.errors)")
    #expect(!ignored.errors.contains("hunter2"))
    let named = try check("https://graph.example", ["--proxy", "http://127.0.0.1:1"])
    #expect(named.status == 75 && named.errors.contains("the proxy http://127.0.0.1:1 cannot be reached"))
  }

  @Test("connection refused and name not found have hints of their own")
  func hints() throws {
    let refused = try check("http://127.0.0.1:1")
    #expect(
      refused.errors.contains("port 1 refused") && refused.errors.contains("Check host and port"))
    let unknown = try check("https://no-such-host.invalid")
    #expect(unknown.errors.contains("cannot be resolved") && unknown.errors.contains("spelling"), "\(unknown.errors)")
  }

  @Test(
    "an expired certificate is called expired; TLS 1.1 and a foreign authority are refused",
    .enabled(if: InstalledProgram.isWanted("openssl"), "openssl is not installed"))
  func certificates() throws {
    let folder = try ScratchFolder()
    let certificates = try Certificates.usual(folder)
    try certificates.certificate("expired", names: "DNS:localhost,IP:127.0.0.1", by: "ca", days: -1)
    let cases: [(name: String, options: [String], ca: String?, says: String)] = [
      ("expired", [], "ca.pem", "has expired"),
      ("server", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "ca.pem", "TLS handshake"),
      ("server", [], nil, "an authority that is not trusted"),
    ]
    for item in cases {
      let port = try Self.freePort()
      var server = TestProgram(
        [
          "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", "\(item.name).pem", "-key",
          "\(item.name).key", "-www",
        ]
          + item.options)
      server.folder = folder.path
      let process = try server.start()
      defer { process.stop(SIGKILL) }
      eventually { Self.accepts(port) }
      let result = try check("https://127.0.0.1:\(port)", item.ca.map { ["--ca-file", folder($0)] } ?? [])
      #expect(result.status == 76 || result.status == 75, "\(result.errors)")
      #expect(result.errors.contains(item.says) && result.errors.contains("nothing was sent"), "\(result.errors)")
    }
  }

  private static func freePort() throws -> UInt16 {
    let server = try ScriptedServer { _, _ in [] }
    defer { server.stop() }
    return server.port
  }

  private static func accepts(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        unsafe connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
