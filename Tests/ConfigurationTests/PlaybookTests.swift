// Playbooks: the one of the design is good, and every mistake in a bad one is told at once.

internal import IntakeCore
internal import IntakeTesting
import Testing

@testable internal import Configuration

@Suite struct PlaybookTests {
  static let good = PlaybookSample.text

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
      "line 1: unknown key nmae, did you mean name?", "line 2: unknown key trigger.evry, did you mean every?",
      "line 3: source.clientSecret must be a reference", "line 3: source.pageSize must be a number",
      "line 3: source.mode must be a string", "line 4: state must be a string", "line 4: type must be \"intake\"",
    ] {
      #expect(text.contains(expected))
    }
    #expect(!text.contains("hunter2"))
  }

  @Test("the keys of Sekoia's connector are answered with ours and the unit, wherever they stand")
  func sekoia() {
    let pasted = """
      { "frequency": 60, "timedelta": 5, "start_time": "soon", "chunk_size": 1000,
        "source": { "account_name": "reader@contoso.com", "account_password": "hunter2", "tenant_id": "t" },
        "trigger": { "frequency": 60 },
        "intake_key": "hunter2", "intake_server": "https://intake.sekoia.io", "client_id": "c", "client_secret": "hunter2" }
      """
    let failure = #expect(throws: Failure.self) { try Playbook(parsing: Array(pasted.utf8), file: "p.json") }
    let text = failure?.sentence ?? ""
    for expected in [
      "line 1: unknown key frequency: frequency is a key of Sekoia's connector; here it is trigger.every: \"60s\" (60 seconds)",
      "here it is trigger.lag: \"5m\" (5 minutes)", "here it is trigger.since, with the unit: 60 hours are \"60h\"",
      "line 2: unknown key source.account_name", "here it is source.username",
      "here it is source.password, a reference",
      "here it is source.tenant", "line 3: unknown key trigger.frequency", "\"to\": \"sekoia://HOST\"",
      "\"sinks\": [\"sekoia://HOST\"]", "did you mean source.clientId?", "did you mean source.clientSecret?",
      "batch-events",
    ] {
      #expect(text.contains(expected), "\(expected) in \(text)")
    }
    #expect(!text.contains("hunter2"))
  }

  @Test("each setting has a flag, an environment name and a line of help; playbook paths are unique")
  func settings() {
    #expect(Set(Setting.allCases.map(\.environmentName)).count == Setting.allCases.count)
    #expect(Set(Setting.allCases.compactMap(\.playbookPath)).count == Setting.allCases.count - 5)
    #expect(Setting.clientID.environmentName == "MESSAGE_TRACE_CLIENT_ID")
    for setting in Setting.allCases { #expect(!setting.summary.isEmpty) }
  }
}
