// Certificates: the assertion as Entra wants it, verified by a real openssl; and TLS as it is meant to be.

import Glibc
import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Certificates", .serialized, .enabled(if: InstalledProgram.isWanted("openssl"), "openssl is not installed"))
struct AssertionTests {
  private static let app = Result {
    try EntraApp(tenant: "t", clientID: "app-id", authority: "https://login.test", resource: "https://graph.test")
  }

  @Test("an assertion is a PS256 JWT with the certificate's thumbprint, and openssl verifies its signature")
  func assertion() throws {
    let folder = try ScratchFolder()
    let certificates = Certificates(folder)
    try certificates.selfSigned("app", subject: "/CN=app")
    let assertion = try ClientAssertion(certificateFile: folder("app.pem"), privateKeyFile: folder("app.key"))
    let jwt = try assertion.make(Self.app.get(), now: Instant(seconds: 1_770_000_000)).revealed
    let parts = jwt.split(separator: ".")
    let header = try JSONValue(parsing: #require(Base64.decode(parts[0])))
    let claims = try JSONValue(parsing: #require(Base64.decode(parts[1])))
    #expect(header["alg"]?.string == "PS256")
    #expect(claims["aud"]?.string == "https://login.test/t/oauth2/v2.0/token")
    #expect(claims["iss"]?.string == "app-id" && claims["sub"]?.string == "app-id")
    #expect(claims["exp"]?.integer == 1_770_000_600)
    #expect(claims["jti"]?.string?.utf8.count == 36)
    #expect(try certificates.verify(jwt, certificate: "app"))
    #expect(try !certificates.verify(jwt.dropLast(4) + "AAAA", certificate: "app"))
  }

  @Test("a key that is another's, encrypted, unreadable or open to others is refused with its reason")
  func badKeys() throws {
    let folder = try ScratchFolder()
    let certificates = Certificates(folder)
    try certificates.selfSigned("app", subject: "/CN=app")
    try certificates.selfSigned("other", subject: "/CN=other")
    try certificates.openssl(["rsa", "-aes128", "-passout", "pass:x", "-in", "app.key", "-out", "locked.key"])
    try folder.write("junk", to: "junk.key")
    try certificates.openssl(["rsa", "-in", "app.key", "-out", "open.key"])
    _ = unsafe chmod(folder("open.key"), 0o644)
    let cases = [
      ("app.pem", "other.key", "do not match"), ("app.pem", "locked.key", "private key cannot be read"),
      ("app.pem", "junk.key", "private key cannot be read"), ("junk.key", "app.key", "certificate cannot be read"),
      ("app.pem", "open.key", "lets every user read it (o+r)"), ("app.pem", "none.key", "No such file"),
    ]
    for (certificate, key, reason) in cases {
      #expect {
        try ClientAssertion(certificateFile: folder(certificate), privateKeyFile: folder(key))
      } throws: { error in
        (error as? Failure)?.exit == .configuration && (error as? Failure)?.sentence.contains(reason) == true
      }
    }
  }

  @Test("G07 a server is trusted by the configured authority only, and only under its own name")
  func tls() async throws {
    let folder = try ScratchFolder()
    let certificates = Certificates(folder)
    try certificates.selfSigned("good", subject: "/CN=localhost", names: "DNS:localhost")
    try certificates.selfSigned("bad", subject: "/CN=other.test", names: "DNS:other.test")
    let cases = [
      ("good", folder("good.pem") as String?, "source.not_json"), ("good", nil, "source.tls"),
      ("good", folder("bad.pem"), "source.tls"), ("bad", folder("bad.pem"), "source.tls"),
      ("good", folder("nothing.pem"), "http.ca_file"),
    ]
    for (certificate, authority, code) in cases {
      let server = try certificates.startServer(certificate)
      defer { server.process.stop(SIGKILL) }
      let source = try ReportingSource(
        endpoint: "https://localhost:\(server.port)", credential: .basic(username: "u", password: Secret("p")),
        http: HTTPSettings(caFile: authority), time: ManualClock().source, log: .silent)
      await #expect { try await source.page(SourceScenario.window, after: nil) } throws: { error in
        (error as? Failure)?.code.rawValue == code
      }
    }
  }
}
