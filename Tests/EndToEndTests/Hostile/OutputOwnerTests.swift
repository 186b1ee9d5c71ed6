// Output files that somebody else has prepared: nothing is written, exit 73 with a hint.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct OutputOwnerTests {
  enum Trap: String, CaseIterable, Sendable {
    case hardLink = "names (hard links)"
    case worldWritable = "others than its owner may write to it"
    case foreignOwner = "belongs to another user"
    case link = "symbolic link"
    case linkedFolder = "is a symbolic link in a directory that others may write to"
  }

  @Test("a file or a way to it that others control is refused before a byte is written", arguments: Trap.allCases)
  func refused(_ trap: Trap) throws {
    // Only root can give a file away.
    guard trap != .foreignOwner || geteuid() == 0 else { return }
    let service = try HostileService(page: Array("{\"value\":[{\"id\":\"1\",\"recipientAddress\":\"a@b.c\"}]}".utf8))
    let folder = service.folder
    var output = service.output
    let victim = try folder.write("before\n", to: "victim")
    switch trap {
    case .hardLink: #expect(unsafe Glibc.link(victim, output) == 0)
    case .worldWritable: try folder.write("before\n", to: "out.ndjson", mode: 0o666)
    case .foreignOwner:
      try folder.write("before\n", to: "out.ndjson")
      #expect(unsafe chown(output, 65_534, 65_534) == 0)
    case .link: #expect(unsafe symlink(victim, output) == 0)
    case .linkedFolder:
      let shared = try folder.makeFolder("shared")
      #expect(unsafe chmod(shared, 0o777) == 0)
      #expect(unsafe symlink(folder.path, "\(shared)/way") == 0)
      output = "\(shared)/way/out.ndjson"
    }
    let before = trap == .link ? "" : try folder.text("out.ndjson")
    var arguments = service.arguments()
    if let index = arguments.firstIndex(of: "--sink") { arguments[index + 1] = "file:\(output)" }
    let result = Program.run(arguments)
    #expect(result.status == 73, "\(result.errors)")
    #expect(result.errors.contains(trap.rawValue) || trap == .link, "\(result.errors)")
    #expect(result.errors.contains("hint="), "\(result.errors)")
    #expect(try folder.text("victim") == "before\n")
    #expect(try trap == .link || folder.text("out.ndjson") == before)
    #expect(service.server.requests.isEmpty)
  }
}
