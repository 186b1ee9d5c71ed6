// The completion scripts, run in their shells on partly typed lines.

internal import Glibc
internal import IntakeTesting
import Testing

@Suite struct CompletionTests {
  /// A line up to the cursor, and its expected completions.
  struct Line: Sendable {
    var typed: String
    var completed: [String]
    init(_ typed: String, _ completed: String...) {
      self.typed = typed
      self.completed = completed
    }
  }

  /// One line for each kind of completion.
  static let lines = [
    Line("coll", "collect"), Line("collect --mo", "--mode"), Line("collect --mode ", "graph", "reporting"),
    Line("collect --mode rep", "reporting"), Line("collect --graph-api beta-", "beta-2021"),
    Line("query --status Failed,Q", "Failed,Quarantined"), Line("query --format c", "csv"),
    Line("status --format ", "json", "text"), Line("backfill --order o", "oldest"), Line("mapping sho", "show"),
    Line("mapping show reporting-", "reporting-detail"), Line("help exit", "exit-codes"),
    Line("verify some-f", "some-file.ndjson"), Line("collect --password-file some-f", "some-file.ndjson"),
    Line("report --status-file some-f", "some-file.ndjson"), Line("collect --sink ud", "udp://"),
    Line("collect --state some-d", "some-directory/"), Line("completions z", "zsh"),
    Line("playbook validate some-f", "some-file.ndjson"), Line("collect --keep", "--keep-original"),
  ]

  @Test(
    "bash completes commands, options, values and files",
    .enabled(if: InstalledProgram.isWanted("bash"), "bash is not installed"))
  func bash() throws {
    var script = "source <(message-trace completions bash)\ncompopt() { :; }\n"
    for line in Self.lines {
      script += """
        COMP_WORDS=(message-trace \(line.typed)\(line.typed.hasSuffix(" ") ? "''" : ""))
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _message_trace; echo "${COMPREPLY[*]}"

        """
    }
    let output = try Self.run(["bash", "--norc"], script)
    try Self.compare(output, among: Self.lines) { $0 == "some-directory/" ? "some-directory" : $0 }
  }

  @Test(
    "fish completes commands, options, values and files",
    .enabled(if: InstalledProgram.isWanted("fish"), "fish is not installed"))
  func fish() throws {
    var script = "message-trace completions fish | source\n"
    for line in Self.lines {
      script += "echo (complete -C 'message-trace \(line.typed)' | string replace -r '\\t.*' '')\n"
    }
    let output = try Self.run(["fish", "--no-config"], script)
    try Self.compare(output, among: Self.lines) { $0 }
  }

  /// zsh completes only interactively, so it gets a terminal and keys: TAB, then a key that saves the completed line.
  @Test(
    "zsh completes commands, options, values and files",
    .enabled(if: InstalledProgram.isWanted("zsh"), "zsh is not installed"))
  func zsh() throws {
    let single = Self.lines.filter { $0.completed.count == 1 }
    let keys = single.map { "'message-trace \($0.typed)'" }.joined(separator: " ")
    let script = """
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z 'PS1=; bindkey -e; autoload -Uz compinit; compinit -u -d ./dump; source <(message-trace completions zsh)'
      zpty -w z 'note() { print -r -- "$BUFFER" >> ./lines; BUFFER= }; zle -N note; bindkey "^G" note; bindkey "^I" complete-word'
      zpty -w z 'print REA""DY'
      zpty -r z output '*READY*'
      for line in \(keys); do zpty -n -w z "$line"$'\\t\\a'; done
      zpty -w z 'exit'
      while zpty -r z output; do :; done
      cat ./lines

      """
    let output = try Self.run(["zsh", "-f"], script)
    #expect(output.count == single.count, "\(output)")
    for (found, line) in zip(output, single) {
      let before = line.typed.split(separator: " ").dropLast(line.typed.hasSuffix(" ") ? 0 : 1)
      let whole = (["message-trace"] + before + [line.completed[0][...]]).joined(separator: " ")
      #expect([whole, "\(whole) ", "\(whole)=", "\(whole),"].contains(found), "\(line.typed): \(found)")
    }
  }

  @Test("every script names its command, and an unknown shell gets a suggestion", arguments: ["bash", "zsh", "fish"])
  func scripts(_ shell: String) {
    let outcome = Program.run(["completions", shell])
    #expect(
      outcome.status == 0 && outcome.lines.contains { $0.contains("made by: message-trace completions \(shell)") })
    #expect(Program.run(["completions", "\(shell)h"]).errors.contains("did you mean \(shell)?"))
  }

  private static func compare(_ output: [String], among lines: [Line], _ spell: (String) -> String) throws {
    #expect(output.count == lines.count, "\(output)")
    for (found, line) in zip(output, lines) {
      #expect(Set(found.split(separator: " ").map(String.init)) == Set(line.completed.map(spell)), "\(line.typed)")
    }
  }

  /// The lines that a shell prints for a script, in a folder with one file and one directory.
  private static func run(_ shell: [String], _ script: String) throws -> [String] {
    let folder = try ScratchFolder()
    try folder.write(script, to: "script")
    try folder.write("", to: "some-file.ndjson")
    try folder.makeFolder("some-directory")
    let bin = Program.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    var program = TestProgram(
      shell + ["script"],
      environment: ["HOME": folder.path, "TERM": "xterm", "PATH": "\(bin):/usr/local/bin:/usr/bin:/bin"])
    program.folder = folder.path
    let output = String(decoding: try program.capture().output, as: UTF8.self)
    return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}
