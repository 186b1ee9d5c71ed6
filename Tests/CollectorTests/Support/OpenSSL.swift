// What the openssl program adds to the tests of certificates: verifying signatures, serving TLS.

import Glibc
import IntakeCore
import IntakeTesting

@testable import Collector

extension Certificates {
  /// True if the JWT is signed with PS256 by the certificate's key and its thumbprint is the certificate's.
  func verify(_ jwt: String, certificate: String) throws -> Bool {
    let parts = jwt.split(separator: ".").map { String($0) }
    guard parts.count == 3, let header = Base64.decode(parts[0]), let signature = Base64.decode(parts[2]) else {
      return false
    }
    try folder.write("\(parts[0]).\(parts[1])", to: "signed")
    try folder.write(signature, to: "signature")
    try openssl(["x509", "-in", "\(certificate).pem", "-pubkey", "-noout", "-out", "public"])
    try openssl(["x509", "-in", "\(certificate).pem", "-outform", "DER", "-out", "der"])
    try openssl(["dgst", "-sha256", "-binary", "-out", "digest", "der"])
    let digest = try folder.bytes("digest")
    guard try JSONValue(parsing: header)["x5t#S256"]?.string == Base64.encodeForURL(digest) else { return false }
    do {
      try openssl([
        "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest", "-verify",
        "public", "-signature", "signature", "signed",
      ])
      return true
    } catch is Refused {
      return false
    }
  }

  /// A TLS server on a free port that answers every request with a page of text.
  func startServer(_ certificate: String) throws -> (process: TestProcess, port: UInt16) {
    var program = TestProgram([
      "openssl", "s_server", "-accept", "0", "-cert", "\(certificate).pem", "-key", "\(certificate).key", "-www",
      "-naccept", "20",
    ])
    program.folder = folder.path
    let log = "server-\(certificate)-log"
    program.output = .path(try folder.write("", to: log))
    program.errors = program.output
    let process = try program.start()
    var port: UInt16?
    _ = try Waiting.until {
      let line = try folder.text(log).split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
      port = line?.split(separator: ":").last.flatMap { UInt16($0) }
      return port != nil || process.ended() != nil
    }
    if let port { return (process, port) }
    process.stop(SIGKILL)
    throw NotListening(output: try folder.text(log))
  }
}

/// A server that wrote no port.
private struct NotListening: Error {
  let output: String
}
