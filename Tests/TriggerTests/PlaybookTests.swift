// Playbooks: the one of the design is good, and every mistake in a bad one is told at once.

internal import IntakeCore
import Testing

@testable internal import Trigger

@Suite struct PlaybookTests {
  static let good = """
    {
      "name": "Office 365 Message Trace",
      "uuid": "8461aabe-6eba-4044-ad7f-a0c39a2b2279",
      "type": "intake",
      "trigger": { "every": "60s", "lag": "1m", "revisit": ["15m", "1h"], "since": "24h" },
      "source": {
        "mode": "graph", "tenant": "Contoso.onmicrosoft.com", "clientId": "11111111-2222-3333-4444-555555555555",
        "clientSecret": { "env": "CONTOSO_SECRET" }
      },
      "normaliser": { "mapping": "ecs", "localDomains": ["contoso.com"], "keepOriginal": false },
      "sinks": ["file:/var/log/message-trace/contoso.ndjson", "stdout"],
      "state": "/var/lib/message-trace/contoso"
    }
    """

  @Test("the design's playbook becomes a configuration")
  func whole() throws {
    let playbook = try Playbook(parsing: Array(Self.good.utf8), file: "p.json")
    #expect(playbook.name == "Office 365 Message Trace")
    let configuration = try Configuration(playbook.layer, environment: ["CONTOSO_SECRET": "s"])
    #expect(configuration.tenant == "contoso.onmicrosoft.com")
    #expect(configuration.schedule.revisits == [.seconds(900), .seconds(3_600)])
    #expect(configuration.sinks.count == 2 && configuration.statePath == "/var/lib/message-trace/contoso")
    #expect(configuration.pageSize == 5_000)
  }

  @Test("all mistakes are told at once, with their lines and the nearest right key")
  func mistakes() {
    let bad = """
      { "nmae": "x",
        "trigger": { "intervall": "60s", "evry": "60s" },
        "source": { "clientSecret": "hunter2", "pageSize": true, "mode": 5 },
        "sinks": "stdout", "state": 7, "type": "intaek" }
      """
    let failure = #expect(throws: Failure.self) { try Playbook(parsing: Array(bad.utf8), file: "p.json") }
    let text = failure?.sentence ?? ""
    #expect(failure?.exit == .configuration)
    for expected in [
      "line 1: nmae is not known, did you mean name?", "line 2: trigger.evry is not known, did you mean every?",
      "line 3: source.clientSecret must be a reference", "line 3: source.pageSize must be a number",
      "line 3: source.mode must be a text", "line 4: state must be a text", "line 4: type must be \"intake\"",
    ] {
      #expect(text.contains(expected))
    }
    #expect(!text.contains("hunter2"))
  }

  @Test("flags win over the environment, the environment over the playbook")
  func order() throws {
    var flags = SettingLayer()
    flags[.lag] = ["2m"]
    let environment = SettingLayer(environment: [
      "MESSAGE_TRACE_LAG": "3m", "MESSAGE_TRACE_EVERY": "5m", "MESSAGE_TRACE_CLIENT_SECRET": "s",
    ])
    let playbook = try Playbook(parsing: Array(Self.good.utf8), file: "p.json").layer
    let configuration = try Configuration(
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
    var layer = try Playbook(parsing: Array(Self.good.utf8), file: "p.json").layer
    layer[setting] = [value]
    let failure = #expect(throws: Failure.self) { try Configuration(layer, environment: ["CONTOSO_SECRET": "s"]) }
    #expect(failure?.exit == .configuration)
  }

  @Test("each setting has a flag, an environment name and a line of help; playbook paths are unique")
  func settings() {
    #expect(Set(Setting.allCases.map(\.environmentName)).count == Setting.allCases.count)
    #expect(Set(Setting.allCases.compactMap(\.playbookPath)).count == Setting.allCases.count - 4)
    #expect(Setting.clientID.environmentName == "MESSAGE_TRACE_CLIENT_ID")
    for setting in Setting.allCases { #expect(!setting.summary.isEmpty) }
  }
}
