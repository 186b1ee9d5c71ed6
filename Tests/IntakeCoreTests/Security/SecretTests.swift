// Secrets do not print, and only safe files give them.

internal import Glibc
import Testing

@testable internal import IntakeCore

@Suite struct SecretTests {
  @Test("no way of printing shows a secret")
  func silent() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
      #expect(!text.contains("hunter2"))
    }
  }

  @Test("a missing or empty variable is named, its value never")
  func environment() throws {
    #expect(throws: Failure.self) {
      try SecretReference.environment("NOPE").load(purpose: "password", environment: [:])
    }
    let secret = try SecretReference.environment("P").load(purpose: "password", environment: ["P": "x y"])
    #expect(secret.revealed == "x y")
  }

  @Test("a file that others may read is refused, its group may read it, one trailing line end is cut")
  func file() throws {
    let path = "/tmp/message-trace-secret-\(getpid())"
    defer { unsafe unlink(path) }
    let text = Array("pässword\r\n".utf8)
    let descriptor = unsafe open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    _ = unsafe write(descriptor, text, text.count)
    close(descriptor)
    #expect(try SecretReference.file(path).load(purpose: "password", environment: [:]).revealed == "pässword")
    unsafe chmod(path, 0o640)
    #expect(try SecretReference.file(path).load(purpose: "password", environment: [:]).revealed == "pässword")
    unsafe chmod(path, 0o644)
    let failure = #expect(throws: Failure.self) {
      try SecretReference.file(path).load(purpose: "password", environment: [:])
    }
    #expect(failure?.code.rawValue == "secret.permissions")
    #expect(failure?.exit == .configuration)
  }

  @Test("a directory, a device and a missing file are refused", arguments: ["/tmp", "/dev/zero", "/nonexistent/x"])
  func notFiles(_ path: String) {
    #expect(throws: Failure.self) { try SecretReference.file(path).load(purpose: "password", environment: [:]) }
  }
}
