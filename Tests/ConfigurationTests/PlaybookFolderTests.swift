// Relative paths of a playbook begin in its own folder, wherever the program was started.

internal import Glibc
import Testing

@testable internal import Configuration

@Suite struct PlaybookFolderTests {
  static let values: [(setting: Setting, text: String, resolved: String)] = [
    (.state, "contoso", "/usr/contoso"), (.state, "/var/lib/contoso", "/var/lib/contoso"), (.state, "~/c", "~/c"),
    (.sink, "file:mail.ndjson", "file:/usr/mail.ndjson"), (.sink, "file:/var/mail", "file:/var/mail"),
    (.sink, "stdout", "stdout"), (.sink, "tcp://h:601", "tcp://h:601"),
    (
      .sink, "tls://h:6514?ca=ca.pem&app-name=a=b&key=/etc/key.pem",
      "tls://h:6514?ca=/usr/ca.pem&app-name=a=b&key=/etc/key.pem"
    ),
    (.mapping, "ecs", "ecs"), (.mapping, "mine.json", "/usr/mine.json"), (.mapping, "../mine", "/usr/../mine"),
    (.caFile, "ca.pem", "/usr/ca.pem"), (.tenant, "contoso.com", "contoso.com"), (.metricsFile, "m", "/usr/m"),
  ]

  @Test("paths become whole, everything else stays", arguments: values)
  func resolved(_ value: (setting: Setting, text: String, resolved: String)) {
    #expect(PlaybookFolder(of: "/usr/contoso.json").resolved(value.text, of: value.setting) == value.resolved)
  }

  @Test("a playbook in the working directory means that directory by its whole name")
  func here() {
    var whole = [CChar](repeating: 0, count: Int(PATH_MAX))
    let isKnown = unsafe getcwd(&whole, whole.count) != nil
    let here = String(decoding: whole.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #expect(isKnown && PlaybookFolder(of: "contoso.json").path == here)
    #expect(PlaybookFolder(of: "/nowhere/at/all/contoso.json").whole("state") == "state")
  }

  @Test("a playbook's secret file is looked for beside it too")
  func secret() throws {
    let text = #"{ "source": { "clientSecret": { "file": "secret" }, "password": { "env": "secret" } } }"#
    let layer = try Playbook(parsing: Array(text.utf8), file: "/usr/p.json").layer
    #expect(layer[.clientSecretFile] == ["file:/usr/secret"] && layer[.passwordFile] == ["env:secret"])
  }
}
