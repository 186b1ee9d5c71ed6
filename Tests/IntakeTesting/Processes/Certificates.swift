// Authorities and certificates made for a test by the `openssl` program.

/// Files `NAME.pem` and `NAME.key` in a folder; the key's mode is 0600.
package struct Certificates: Sendable {
  package let folder: ScratchFolder

  package init(_ folder: ScratchFolder) { self.folder = folder }

  /// An authority `ca`, and a certificate `server` by it for `localhost` and 127.0.0.1.
  package static func usual(_ folder: ScratchFolder) throws -> Certificates {
    let certificates = Certificates(folder)
    try certificates.authority("ca")
    try certificates.certificate("server", names: "DNS:localhost,IP:127.0.0.1", by: "ca")
    return certificates
  }

  private static let ellipticKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  /// A self-signed certificate with an elliptic-curve key, as an authority.
  package func authority(_ name: String) throws {
    try openssl(
      ["req", "-x509"] + Self.ellipticKey + [
        "-subj", "/CN=\(name)", "-days", "2", "-keyout", "\(name).key", "-out", "\(name).pem",
      ])
  }

  /// A certificate signed by an authority.
  /// - Parameter days: how long it lasts from now; negative for one that has expired.
  package func certificate(_ name: String, names: String, by authority: String, days: Int = 2) throws {
    try folder.write("subjectAltName=\(names)\n", to: "\(name).ext")
    try openssl(
      ["req"] + Self.ellipticKey + ["-subj", "/CN=x", "-keyout", "\(name).key", "-out", "\(name).csr"])
    try openssl([
      "x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).pem", "-CAkey", "\(authority).key", "-days",
      "\(days)", "-extfile", "\(name).ext", "-out", "\(name).pem",
    ])
  }

  /// A self-signed certificate with an RSA key of 2048 bits, as Entra takes it for an app.
  package func selfSigned(_ name: String, subject: String, names: String? = nil) throws {
    try openssl(
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject, "-keyout", "\(name).key",
        "-out", "\(name).pem",
      ] + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? []))
  }

  /// Runs `openssl` in the folder; throws with what it printed unless it succeeds.
  package func openssl(_ arguments: [String]) throws {
    var program = TestProgram(["openssl"] + arguments)
    program.folder = folder.path
    let result = try program.capture()
    guard result.status == 0 else { throw Refused(arguments: arguments, errors: result.errors) }
  }

  /// `openssl` failed.
  package struct Refused: Error {
    package var arguments: [String]
    package var errors: String

    package init(arguments: [String], errors: String) {
      self.arguments = arguments
      self.errors = errors
    }
  }
}
