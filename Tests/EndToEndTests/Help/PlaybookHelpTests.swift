// The help topic on playbooks: complete, valid, within the terminal's width.

internal import Configuration
import IntakeCore
import IntakeTesting
import Testing
internal import Trigger

@testable internal import message_trace
@testable import message_trace

@Suite("PlaybookHelp", .ownThreads)
struct PlaybookHelpTests {
  @Test("every key of a playbook has its line")
  func keys() {
    let lines = PlaybookHelp.text.split(separator: "\n").map(String.init)
    for setting in Setting.allCases {
      guard let key = setting.playbookPath?.split(separator: ".").last else { continue }
      #expect(lines.count { $0.hasPrefix("  \(key) ") } == 1, "\(key)")
    }
    for key in ["name", "uuid", "type"] { #expect(lines.count { $0.hasPrefix("  \(key) ") } == 1, "\(key)") }
  }

  @Test("the example is a valid and complete playbook")
  func example() throws {
    let folder = try ScratchFolder()
    let path = try folder.write(PlaybookHelp.example, to: "contoso.json")
    #expect(try Playbook.validate(path, environment: [:]).isEmpty)
    #expect(PlaybookHelp.text.contains(PlaybookHelp.example) && PlaybookHelp.text.hasSuffix("}\n"))
  }

  @Test("each field that the help on profiles names is what the profile writes")
  func profiles() throws {
    let folder = try ScratchFolder()
    let row = try folder.write(
      #"{"id":"1f","messageId":"<m@x>","status":"failed","receivedDateTime":"2026-01-25T09:49:19.648Z","recipientAddress":"b@c.example","senderAddress":"a@b.example","subject":"Hi","size":5,"fromIP":"192.0.2.7"}"#,
      to: "row.json")
    for (column, profile) in ["ecs", "sekoia", "cim", "udm-flat"].enumerated() {
      let outcome = Program.run(["normalise", row, "--profile", profile, "--local-domains", "b.example"])
      let event = try JSONValue(parsing: outcome.output)
      for names in ProfilesHelp.names { #expect(event[names[column]] != nil, "\(profile): \(names[column])") }
    }
    for topic in HelpTopic.all {
      for line in topic.text.split(separator: "\n") { #expect(line.count <= 120, "\(topic.name): \(line)") }
    }
  }

  @Test("no line is longer than a wide terminal")
  func width() {
    for line in PlaybookHelp.text.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
  }
}
