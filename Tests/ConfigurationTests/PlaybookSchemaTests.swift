// The schema in the repository says what the code accepts, no more and no less.

internal import IntakeCore
import Testing

@testable internal import Configuration

@Suite struct PlaybookSchemaTests {
  @Test("the schema file in the repository is the one that the settings make")
  func file() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let bytes = try FileBytes.read("\(root)/Sources/Configuration/Playbook/playbook.schema.json", purpose: "schema")
    #expect(String(decoding: bytes, as: UTF8.self) == PlaybookSchema.text)
  }

  static let good: [String] = [
    PlaybookTests.good,
    PlaybookStarter.text(.graph, tenant: "contoso.onmicrosoft.com", uuid: RandomUUID.make(), name: "contoso"),
    PlaybookStarter.text(.reporting, tenant: "quo\"ted.example", uuid: RandomUUID.make(), name: "contoso"),
    #"{"source": {"pageSize": 500, "managedIdentity": true, "clientId": "x"}, "sinks": "stdout"}"#,
    #"{"source": {"pageSize": "500"}, "trigger": {"revisit": "15m"}, "metricsFile": "/m.prom"}"#,
    #"{"source": {"password": {"file": "/p"}}}"#, "{}",
  ]

  @Test("what the code reads, the schema accepts", arguments: good)
  func accepted(_ text: String) throws {
    _ = try Playbook(parsing: Array(text.utf8), file: "p.json")
    #expect(SchemaCheck(schema: PlaybookSchema.document).accepts(try JSONValue(parsing: Array(text.utf8))))
  }

  static let bad: [String] = [
    "[]", "7", #"{"nmae": "x"}"#, #"{"name": ""}"#, #"{"type": "other"}"#, #"{"source": []}"#,
    #"{"source": {"clientSecret": "hunter2"}}"#, #"{"source": {"clientSecret": {"env": "A", "file": "B"}}}"#,
    #"{"source": {"clientSecret": {}}}"#, #"{"source": {"password": {"env": ""}}}"#, #"{"source": {"mode": 5}}"#,
    #"{"source": {"pageSize": true}}"#, #"{"source": {"managedIdentity": "true"}}"#, #"{"sinks": [5]}"#,
    #"{"trigger": {"evry": "60s"}}"#, #"{"state": 7}"#, #"{"trigger": {"every": 60}}"#,
    #"{"normaliser": {"keepOriginal": "yes"}}"#, #"{"now": "2026-01-01T00:00:00Z"}"#,
  ]

  @Test("what the code refuses, the schema refuses", arguments: bad)
  func refused(_ text: String) throws {
    #expect(throws: Failure.self) { _ = try Playbook(parsing: Array(text.utf8), file: "p.json") }
    #expect(!SchemaCheck(schema: PlaybookSchema.document).accepts(try JSONValue(parsing: Array(text.utf8))))
  }

  @Test("every setting that a playbook may hold stands in the schema with its line of help")
  func whole() throws {
    for setting in Setting.allCases {
      guard let path = setting.playbookPath else { continue }
      var schema: JSONValue? = PlaybookSchema.document
      for part in path.split(separator: ".") { schema = schema?["properties"]?[String(part)] }
      #expect(schema?["description"]?.string == setting.summary)
    }
  }

  @Test("each new playbook has a UUID of its own, of version 4")
  func uuid() {
    let first = RandomUUID.make()
    #expect(first != RandomUUID.make())
    #expect(first.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    #expect(Array(first)[14] == "4" && "89ab".contains(Array(first)[19]))
  }
}
