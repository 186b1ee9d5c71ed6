// Authorities and certificates made for a test with the openssl program.

internal import IntakeTesting
internal import Testing

/// Files `NAME.pem` and `NAME.key` in a folder.
struct Certificates {
  let folder: ScratchFolder

  private static let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  /// An authority, and a certificate by it for `localhost` and 127.0.0.1.
  static func usual(_ folder: ScratchFolder) throws -> Certificates {
    let certificates = Certificates(folder: folder)
    try certificates.authority("ca")
    try certificates.certificate("server", names: "DNS:localhost,IP:127.0.0.1", by: "ca")
    return certificates
  }

  func authority(_ name: String) throws {
    let status = try ChildProcess.run(
      ["openssl", "req", "-x509"] + Self.key + [
        "-subj", "/CN=\(name)", "-days", "2", "-keyout", folder("\(name).key"), "-out", folder("\(name).pem"),
      ])
    #expect(status == 0)
  }

  /// - Parameter days: how long it lasts from now; negative for one that has expired.
  func certificate(_ name: String, names: String, by authority: String, days: Int = 2) throws {
    try folder.write("subjectAltName=\(names)\n", to: "\(name).ext")
    let request = try ChildProcess.run(
      ["openssl", "req"] + Self.key + [
        "-subj", "/CN=x", "-keyout", folder("\(name).key"), "-out", folder("\(name).csr"),
      ])
    let signing = try ChildProcess.run([
      "openssl", "x509", "-req", "-in", folder("\(name).csr"), "-CA", folder("\(authority).pem"), "-CAkey",
      folder("\(authority).key"), "-days", "\(days)", "-extfile", folder("\(name).ext"), "-out", folder("\(name).pem"),
    ])
    #expect(request == 0 && signing == 0)
  }
}
