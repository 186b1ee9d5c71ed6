// Specs of services behind HTTP: what is right, what is wrong and said to be, and that no secret is repeated.

internal import HTTPTransport
internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Sinks

@Suite("specs of HTTP services") struct HTTPSpecTests {
  @Test(
    "specs that are right keep what stands before the question mark as their name",
    arguments: [
      ("elastic://siem:9200/mail", "elastic://siem:9200/mail"),
      ("elastic+http://127.0.0.1:9200/mail?index=data-stream&gzip=off", "elastic+http://127.0.0.1:9200/mail"),
      ("splunk://siem:8088?index=mail&ack=none&ack-timeout=5", "splunk://siem:8088"),
      ("sekoia://intake.sekoia.io", "sekoia://intake.sekoia.io"),
      (
        "sentinel://a.westeurope-1.ingest.monitor.azure.com/dcr-1/Custom-M_CL",
        "sentinel://a.westeurope-1.ingest.monitor.azure.com/dcr-1/Custom-M_CL"
      ),
      ("https://host/a/b?query=x%3Dy&header=X-A:b&batch-events=7", "https://host/a/b"),
      ("http://localhost:1/x", "http://localhost:1/x"),
    ])
  func right(text: String, name: String) throws { #expect(try SinkSpec(parsing: text).name == name) }

  @Test(
    "specs that are wrong are told what is wrong, without a secret",
    arguments: [
      ("elastic://siem:9200", "index"), ("elastic://siem/Mail", "index"), ("elastic://siem/a/b", "index"),
      ("elastic://siem/_all", "index"), ("elastic+http://siem/mail", "loopback"), ("http://x:1/", "loopback"),
      ("https://host:0/", "invalid"), ("elastic://hunter2:hunter2@siem/mail", "user name or password"),
      ("https://hunter2@host/", "user name or password"), ("splunk://siem:8088/x", "no path"),
      ("elastic://elastic:hunter2@siem:9200/mail?gzip", "user name or password"),
      ("elastic://u:hunter2?x@h/mail", "user name or password"),
      ("elastic://u:a/hunter2@h/mail", "user name or password"),
      ("elastic://u:a?b=hunter2@h/mail", "user name or password"), ("tcp://u:hunter2@h:1", "user name or password"),
      ("splunk://siem?channel=hunter2", "GUID"), ("splunk://siem?token=hunter2", "unknown option token"),
      ("splunk://siem?acck=none", "Did you mean ack"), ("splunk://siem?ack=maybe", "indexer, none"),
      ("splunk://siem?ack-timeout=0", "from 1"), ("splunk://siem?token-file=a&token-env=b", "Remove one"),
      ("elastic://siem/mail?cert=/x", "together"), ("elastic://siem/mail?batch-bytes=5", "from 1000"),
      ("https://h/?header=Authorization:hunter2", "header-file"), ("https://h/?header=hunter2", "NAME:VALUE"),
      ("sentinel://h/x/y", "dcr-"), ("sentinel://h/dcr-1/Custom-x?token-env=A", "client-id"),
      ("elastc://siem/mail", "must be stdout"),
    ])
  func wrong(text: String, part: String) {
    #expect {
      try SinkSpec(parsing: text)
    } throws: { error in
      guard let failure = error as? Failure, let hint = failure.hint else { return false }
      let words = failure.sentence + hint
      return failure.exit == .configuration && words.contains(part) && !words.contains("hunter2")
    }
  }

  @Test(
    "a secret comes from its option, else from its variable, else from a systemd credential; a missing one is named")
  func secrets() throws {
    let folder = try ScratchFolder()
    try folder.write("from-file\n", to: "token")
    try folder.write("from-credential", to: "splunk-token")
    try folder.write("open to all", to: "open", mode: 0o644)
    func token(_ options: String, _ environment: [String: String]) throws -> String? {
      let spec = try SinkSpec(parsing: "splunk://siem:8088\(options)").withSecrets(environment)
      guard case .other(let target) = spec.target, let http = target as? HTTPTarget else { return nil }
      return http.secrets.token?.revealed
    }
    let variable = ["MESSAGE_TRACE_SPLUNK_TOKEN": "from-variable", "OTHER": "from-other"]
    #expect(try token("?token-file=\(folder("token"))", variable) == "from-file")
    #expect(try token("?token-env=OTHER", variable) == "from-other")
    #expect(try token("", variable) == "from-variable")
    #expect(try token("", ["CREDENTIALS_DIRECTORY": folder.path]) == "from-credential")
    for options in ["", "?token-env=NONE", "?token-file=\(folder("open"))"] {
      #expect { try token(options, [:]) } throws: { ($0 as? Failure)?.exit == .configuration }
    }
  }

  @Test("an API key as a pair is encoded, and a password goes with its user name")
  func keys() throws {
    let spec = try SinkSpec(parsing: "elastic://siem:9200/mail?username=writer").withSecrets([
      "MESSAGE_TRACE_ELASTIC_API_KEY": "word"
    ])
    guard case .other(let target) = spec.target, let http = target as? HTTPTarget else { return }
    let context = SinkContext(log: .silent, time: .system)
    func header(_ secret: String, username: String?) throws -> String? {
      var secrets = HTTPSecrets()
      secrets.token = Secret(secret)
      guard case .fixed(let authorization)? = try http.dialect.credential(secrets, username: username, context) else {
        return nil
      }
      return try authorization.header(for: http.dialect.address).revealed
    }
    #expect(try header("aWQ6a2V5", username: nil) == "Authorization: ApiKey aWQ6a2V5")
    #expect(try header("id:key", username: nil) == "Authorization: ApiKey aWQ6a2V5")
    #expect(try header("word", username: "writer") == "Authorization: Basic d3JpdGVyOndvcmQ=")
  }
}
