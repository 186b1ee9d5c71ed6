// Signing in to a real server as in production: TLS with a checked certificate, and a password that the server asks for.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct DatabaseSignInTests {
  /// A server that takes TLS alone, and asks for a password (SCRAM).
  private final class Secured {
    let folder: ScratchFolder
    let server: PostgresServer
    let state: String

    init() throws {
      folder = try ScratchFolder()
      // Read by the user whose server it is.
      unsafe chmod(folder.path, 0o755)
      try Self.makeCertificates(folder)
      try folder.write(
        "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n", to: "pg_hba.conf")
      for name in ["pg_hba.conf", "server.pem"] { unsafe chmod(folder(name), 0o644) }
      server = try PostgresServer(options: [
        "ssl=on", "ssl_cert_file=\(folder("server.pem"))", "ssl_key_file=\(folder("server.key"))",
        "hba_file=\(folder("pg_hba.conf"))", "password_encryption=scram-sha-256",
      ])
      _ = try server.makeDatabase("mail")
      _ = try server.query("CREATE ROLE collector LOGIN PASSWORD 'p@ss:w0rd'")
      _ = try server.query("GRANT CREATE ON DATABASE mail TO collector")
      state =
        "postgresql://collector@localhost:\(server.port)/mail?hostaddr=127.0.0.1&sslmode=verify-full"
        + "&sslrootcert=\(folder("ca.pem"))"
    }

    /// An authority, a certificate for `localhost`, and another authority.
    private static func makeCertificates(_ folder: ScratchFolder) throws {
      func openssl(_ words: [String]) throws {
        var program = TestProgram(["openssl"] + words)
        program.folder = folder.path
        let result = try program.capture()
        try #require(result.status == 0, "\(result.errors)")
      }
      let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
      for name in ["ca", "other"] {
        try openssl(
          ["req", "-x509"] + key + [
            "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "2", "-subj", "/CN=\(name)",
          ])
      }
      try openssl(["req"] + key + ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"])
      try folder.write("subjectAltName=DNS:localhost\n", to: "names")
      try openssl([
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
        "server.pem", "-days", "2", "-extfile", "names",
      ])
      if geteuid() == 0, let user = unsafe getpwnam("postgres") {
        _ = unsafe chown(folder("server.key"), user.pointee.pw_uid, user.pointee.pw_gid)
      }
      _ = unsafe chmod(folder("server.key"), 0o600)
    }

    func secret(_ text: String, to name: String) throws -> String {
      let path = try folder.write(text, to: name)
      _ = unsafe chmod(path, 0o600)
      return path
    }

    func start(_ state: String, _ environment: [String: String] = [:]) -> ProcessResult {
      Program.run(["state", "init", "--state", state], environment: environment)
    }
  }

  @Test("a password from each of its places signs in, over a certificate that is checked whole")
  func good() throws {
    let secured = try Secured()
    let password = try secured.secret("p@ss:w0rd\n", to: "password")
    let passfile = try secured.secret("localhost:*:mail:collector:p@ss\\:w0rd\n", to: "pgpass")
    for (options, environment) in [
      ("", ["PGPASSFILE": passfile]), ("&passfile=\(passfile)", [:]), ("&password-file=\(password)", [:]),
      ("", ["MESSAGE_TRACE_STATE_PASSWORD": "p@ss:w0rd"]), ("&password-env=PW", ["PW": "p@ss:w0rd"]),
      ("&channel_binding=require&password-file=\(password)", [:]),
    ] {
      let result = secured.start(secured.state + options, environment)
      #expect(result.status == 0, "\(options) \(environment.keys): \(result.errors)")
    }
    let used = try secured.server.query(
      "SELECT count(*) FROM pg_authid WHERE rolname = 'collector' AND rolpassword LIKE 'SCRAM-SHA-256$%'")
    #expect(used == "1")
  }

  @Test(
    "a wrong password, none, a foreign authority, another name and no TLS are refused in one sentence without the secret"
  )
  func refused() throws {
    let secured = try Secured()
    let wrong = ["MESSAGE_TRACE_STATE_PASSWORD": "s3cret"]
    for (state, environment, status) in [
      (secured.state, wrong, Int32(77)), (secured.state, [:], 77),
      (secured.state.replacing("/ca.pem", with: "/other.pem"), wrong, 76),
      (secured.state.replacing("localhost", with: "db.example"), wrong, 76),
      (secured.state.replacing("verify-full", with: "disable"), wrong, 77),
    ] {
      let result = secured.start(state, environment)
      #expect(result.status == status, "\(state): \(result.errors)")
      #expect(!result.errors.contains("s3cret") && result.errors.contains("hint"), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count <= 2, "\(result.errors)")
    }
  }
}
