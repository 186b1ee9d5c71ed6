// Sinks of a playbook as objects.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Configuration

@Suite("sinks as objects") struct SinkObjectTests {
  private func sinks(_ text: String, file: String) throws -> [String]? {
    let bytes = Array(#"{"source":{"tenant":"contoso.com"},"sinks":[\#(text)]}"#.utf8)
    return try Playbook(parsing: bytes, file: file).layer[.sink]
  }

  @Test("an object is the spec that says the same; files begin in the playbook's folder, whatever its name")
  func same() throws {
    let folder = try ScratchFolder()
    let file = folder("p.json")
    let path = PercentEncoding.encode(folder("k&y"))
    #expect(
      try sinks(#"{"to":"splunk://s:8088?index=mail","token":{"file":"k&y"}}"#, file: file) == [
        "splunk://s:8088?index=mail&token-file=\(path)"
      ])
    #expect(
      try sinks(
        #""stdout",{"to":"https://h/p","token":{"env":"T"},"headers":{"X-A":"b c","X-K":{"env":"K"}}}"#, file: file)
        == ["stdout", "https://h/p?token-env=T&header=X-A%3Ab%20c&header-env=X-K%3AK"])
    #expect(
      try sinks(#""elastic://h/i?token-file=key&ca=/ca.pem""#, file: file) == [
        "elastic://h/i?token-file=\(folder("key"))&ca=/ca.pem"
      ])
  }

  @Test(
    "what an object cannot say is named, and a literal secret is not repeated",
    arguments: [
      (#"{"token":{"env":"T"}}"#, "needs \"to\""),
      (#"{"to":"splunk://s","token":"hunter2"}"#, "token of a sink must be a reference"),
      (#"{"to":"splunk://s","tokn":{"env":"T"}}"#, "did you mean token"), (#"7"#, "strings and objects"),
      (#"{"to":"https://h","headers":{"A":7}}"#, "headers.A"),
      (#"{"to":"https://h","headers":"A"}"#, "headers must be"),
    ])
  func wrong(text: String, part: String) {
    #expect { try sinks(text, file: "p.json") } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.sentence.contains(part) && !failure.sentence.contains("hunter2")
    }
  }
}
