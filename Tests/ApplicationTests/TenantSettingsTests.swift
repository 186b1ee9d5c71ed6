// Typed settings from layers: what they mean, and that every mistake is reported at once with its place.

internal import Configuration
internal import HTTPTransport
internal import IntakeCore
internal import IntakeTesting
import Testing
internal import Trigger

@testable internal import Sinks
@testable internal import message_trace

@Suite struct TenantSettingsTests {
  @Test("the design's playbook becomes a configuration")
  func whole() throws {
    let playbook = try Playbook(parsing: Array(PlaybookSample.text.utf8), file: "p.json")
    #expect(playbook.name == "Office 365 Message Trace")
    let configuration = try TenantSettings(playbook.layer, environment: ["CONTOSO_SECRET": "s"])
    #expect(configuration.tenant == "contoso.onmicrosoft.com")
    #expect(configuration.schedule.revisits == [.seconds(900), .seconds(3_600)])
    #expect(configuration.sinks.count == 2 && configuration.statePath == "/var/lib/message-trace/contoso")
    #expect(configuration.pageSize == 5_000)
  }

  @Test("a token that was made for Graph, and a password, are shown to no sink")
  func sinkSignIn() throws {
    let folder = try ScratchFolder()
    let file = try folder.write("token", to: "token")
    var layer = SettingLayer()
    layer[.tenant] = ["contoso.onmicrosoft.com"]
    layer[.accessTokenFile] = [file]
    let settings = try TenantSettings(layer, environment: ["HOME": folder.path])
    let origin = try #require(Origin(scheme: "https", authority: "hub.example"))
    let signIn = SinkSignIn(
      resource: "https://hub.example", origin: origin, clientID: nil, tenant: nil, secret: nil)
    let failure = #expect(throws: Failure.self) { try settings.credential(for: signIn) }
    #expect(failure?.code.rawValue == "sink.sign_in" && failure?.exit == .configuration)
  }

  /// What is replaced in the good playbook, by what, and what is then said: values as well as keys, each with its line.
  static let changes: [(String, String, String)] = [
    (#""60s""#, "60", #"line 5: trigger.every must be a duration in quotes, such as "60s""#),
    (
      #""60s""#, #""60""#,
      "line 5: trigger.every must be a duration of at least 1s, such as 90s, 15m, 6h or 2d, not 60, did you mean 60s?"
    ),
    (
      #""60s""#, #""soon""#,
      "line 5: trigger.every must be a duration of at least 1s, such as 90s, 15m, 6h or 2d, not soon."
    ),
    (#""15m", "1h""#, #""15m", "10s""#, "line 5: trigger.revisit must be a duration of at least 1m"),
    (#""lag""#, #""tenant""#, "line 5: unknown key trigger.tenant, did you mean source.tenant?"),
    (#""lag""#, #""log-level""#, "line 5: unknown key trigger.log-level, did you mean the flag --log-level?"),
    (#""type": "intake""#, #""every": "5m""#, "line 4: unknown key every, did you mean trigger.every?"),
    (#""clientId""#, #""client_id""#, "line 7: unknown key source.client_id, did you mean clientId?"),
    (#""clientId""#, #""username""#, "Reading in graph mode needs source.clientId."),
    (#""graph""#, #""Graph""#, "line 7: source.mode must be one of graph | reporting, not Graph, did you mean graph?"),
    (
      #""ecs""#, #""esc""#,
      "line 10: normaliser.mapping: Looking for the mapping esc: no mapping has that name, did you mean ecs?"
    ),
    ("file:/var", "/var", "did you mean file:/var/log/message-trace/contoso.ndjson?"),
    ("file:/var", "file:~", "~ is not expanded"),
    (#""/var/lib/message-trace/contoso""#, #""~/contoso""#, "line 12: state must be a full path, not ~/contoso"),
    (#""stdout""#, #""tcp://siem""#, "line 11: sinks: Reading the sink tcp://siem: it requires a host and a port"),
    (#""24h" }"#, #""24h", }"#, "line 5, column 87: remove the comma before }."),
  ]

  @Test("validate tells each mistake where it stands, in the words of the playbook", arguments: changes)
  func told(_ old: String, _ new: String, _ sentence: String) throws {
    let folder = try ScratchFolder()
    let parts = PlaybookSample.text.split(separator: old, maxSplits: 1)
    try folder.write(parts.joined(separator: new), to: "p.json")
    let failure = #expect(throws: Failure.self) { try Playbook.validate(folder("p.json"), environment: ["HOME": "/h"]) }
    #expect(failure?.sentence.contains(sentence) == true, "\(failure?.sentence ?? "")")
    #expect(failure?.exit == .configuration)
  }

  @Test("what the starter leaves to be filled in is no mistake, and is said")
  func starter() throws {
    let folder = try ScratchFolder()
    try folder.write(PlaybookStarter.text(.graph, tenant: "a.example", uuid: "u", name: "p"), to: "p.json")
    #expect(try Playbook.validate(folder("p.json"), environment: [:]).first?.contains("source.clientId") == true)
    try folder.write(PlaybookSample.text, to: "p.json")
    #expect(try Playbook.validate(folder("p.json"), environment: [:]).isEmpty)
  }

  @Test("a value that cannot work is told by where it was written: playbook, environment or flag")
  func places() throws {
    let bad = PlaybookSample.text.split(separator: "\"60s\"").joined(separator: "\"x\"")
    let playbook = try Playbook(parsing: Array(bad.utf8), file: "p.json").layer
    var flags = SettingLayer()
    flags[.lag] = ["y"]
    let environment = ["MESSAGE_TRACE_SINCE": "z", "CONTOSO_SECRET": "s"]
    let layer = flags.over(SettingLayer(environment: environment).over(playbook))
    let failure = #expect(throws: Failure.self) { try TenantSettings(layer, environment: environment) }
    for part in [
      "p.json, line 5: trigger.every must be a duration", "--lag must be a duration",
      "MESSAGE_TRACE_SINCE must be a duration",
    ] {
      #expect(failure?.sentence.contains(part) == true, "\(failure?.sentence ?? "")")
    }
    #expect(failure?.hint == "Run: message-trace playbook validate p.json")
  }

  @Test("flags win over the environment, the environment over the playbook")
  func order() throws {
    var flags = SettingLayer()
    flags[.lag] = ["2m"]
    let environment = SettingLayer(environment: [
      "MESSAGE_TRACE_LAG": "3m", "MESSAGE_TRACE_EVERY": "5m", "MESSAGE_TRACE_CLIENT_SECRET": "s",
    ])
    let playbook = try Playbook(parsing: Array(PlaybookSample.text.utf8), file: "p.json").layer
    let configuration = try TenantSettings(
      flags.over(environment.over(playbook)), environment: ["MESSAGE_TRACE_CLIENT_SECRET": "s"])
    #expect(configuration.schedule.lag == .seconds(120))
    #expect(configuration.schedule.every == .seconds(300))
    #expect(configuration.schedule.since == .seconds(86_400))
  }

  @Test(
    "settings that cannot work are refused with the setting's name",
    arguments: [
      ("page-size", "5001"), ("page-size", "0"), ("lag", "soon"), ("mode", "grahp"),
      ("graph-url", "graph.microsoft.com"),
      ("sink", "carrier-pigeon:x"), ("revisit", "5s"), ("max-body", "-1"), ("graph-api", "v2"),
    ])
  func refused(_ name: String, _ value: String) throws {
    let setting = try #require(Setting(rawValue: name))
    var layer = try Playbook(parsing: Array(PlaybookSample.text.utf8), file: "p.json").layer
    layer[setting] = [value]
    let failure = #expect(throws: Failure.self) { try TenantSettings(layer, environment: ["CONTOSO_SECRET": "s"]) }
    #expect(failure?.exit == .configuration)
  }
}
