// The help topic on playbooks: whole, valid, and fit for a terminal.

internal import Configuration
import IntakeCore
import Testing
internal import Trigger

@testable internal import message_trace
@testable import message_trace

@Suite("PlaybookHelp")
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

  @Test("the example is a playbook without a mistake, and nothing in it is left to be filled in")
  func example() throws {
    let folder = TemporaryFolder()
    let path = folder.write(PlaybookHelp.example, to: "contoso.json")
    #expect(try Playbook.validate(path, environment: [:]).isEmpty)
    #expect(PlaybookHelp.text.contains(PlaybookHelp.example) && PlaybookHelp.text.hasSuffix("}\n"))
  }

  @Test("no line is longer than a wide terminal")
  func width() {
    for line in PlaybookHelp.text.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
  }
}
