// A folder for one test, and the openssl command at work in it.

import Glibc
import IntakeCore

@testable import Collector

struct TemporaryFolder {
  let root: String

  init() throws {
    var template = Array("/tmp/collector-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw ToolFault(what: "mkdtemp") }
    root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let descriptor = unsafe open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw ToolFault(what: name) }
  }

  func remove() { _ = try? Tool.run(["rm", "-rf", root], in: "/", output: "/dev/null") }

  /// Runs openssl here to its end; throws unless it succeeds.
  func openssl(_ arguments: String...) throws {
    let status = try Tool.run(["openssl"] + arguments, in: root, output: path("log"))
    guard status == 0 else { throw ToolFault(what: arguments.joined(separator: " ")) }
  }

  /// `name.crt` and `name.key`, self-signed, RSA 2048.
  func makeCertificate(_ name: String, subject: String, names: String? = nil) throws {
    let extra = names.map { ["-addext", "subjectAltName=\($0)"] } ?? []
    let arguments = [
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject, "-keyout",
      "\(name).key",
      "-out", "\(name).crt",
    ]
    guard try Tool.run(arguments + extra, in: root, output: path("log")) == 0 else {
      throw ToolFault(what: "req")
    }
    _ = unsafe chmod(path("\(name).key"), 0o600)
  }

  /// True if openssl finds the JWT signed with PS256 by the certificate's key, and its thumbprint the certificate's own.
  func verify(_ jwt: String, certificate: String) throws -> Bool {
    let parts = jwt.split(separator: ".").map { String($0) }
    guard parts.count == 3, let header = Base64.decode(parts[0]), let signature = Base64.decode(parts[2]) else {
      return false
    }
    try write("signed", Array("\(parts[0]).\(parts[1])".utf8))
    try write("signature", signature)
    try openssl("x509", "-in", "\(certificate).crt", "-pubkey", "-noout", "-out", "public")
    try openssl("x509", "-in", "\(certificate).crt", "-outform", "DER", "-out", "der")
    try openssl("dgst", "-sha256", "-binary", "-out", "digest", "der")
    let digest = try FileBytes.read(path("digest"), purpose: "digest")
    let arguments = [
      "openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest", "-verify",
      "public", "-signature", "signature", "signed",
    ]
    return try JSONValue(parsing: header)["x5t#S256"]?.string == Base64.encodeForURL(digest)
      && Tool.run(arguments, in: root, output: path("log")) == 0
  }

  /// A TLS server on a port of its own that answers every request with a page of text.
  func startTLSServer(_ certificate: String) throws -> Tool {
    let log = path("server-\(certificate)-log")
    let arguments = [
      "openssl", "s_server", "-accept", "0", "-cert", "\(certificate).crt", "-key", "\(certificate).key", "-www",
      "-naccept", "20",
    ]
    let tool = try Tool.start(arguments, in: root, output: log)
    for _ in 0..<2_000 {
      let text = String(decoding: try FileBytes.read(log, purpose: "log"), as: UTF8.self)
      let port = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }?.split(separator: ":").last
      if let number = port.flatMap({ UInt16($0) }) { return Tool(process: tool.process, port: number) }
      usleep(5_000)
    }
    tool.stop()
    throw ToolFault(what: "s_server")
  }
}

struct ToolFault: Error {
  var what: String
}

/// A program of the search path that a test runs.
struct Tool {
  let process: pid_t
  var port: UInt16 = 0

  /// To its end; the exit status.
  static func run(_ arguments: [String], in folder: String, output: String) throws -> Int32 {
    try start(arguments, in: folder, output: output).wait()
  }

  static func start(_ arguments: [String], in folder: String, output: String) throws -> Tool {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let path = "/usr/bin/env"
    var words = unsafe ([path, "-C", folder] + arguments).map { unsafe strdup($0) } + [nil]
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
    }
    var process: pid_t = 0
    guard unsafe posix_spawn(&process, path, &actions, nil, &words, environ) == 0 else { throw ToolFault(what: path) }
    return Tool(process: process)
  }

  func stop() {
    kill(process, SIGKILL)
    _ = wait()
  }

  private func wait() -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
