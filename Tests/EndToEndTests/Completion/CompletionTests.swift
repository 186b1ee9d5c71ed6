// The completion scripts in the shells that they are for: what each of them makes of a line that is half typed.

internal import Glibc
import Testing

@Suite struct CompletionTests {
  /// A line up to the cursor, and all that may stand there.
  struct Line: Sendable {
    var typed: String
    var completed: [String]
    init(_ typed: String, _ completed: String...) {
      self.typed = typed
      self.completed = completed
    }
  }

  /// Of each kind of thing that can be completed, one.
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

  @Test("bash completes commands, options, values and files")
  func bash() throws {
    var script = "source <(message-trace completions bash)\ncompopt() { :; }\n"
    for line in Self.lines {
      script += """
        COMP_WORDS=(message-trace \(line.typed)\(line.typed.hasSuffix(" ") ? "''" : ""))
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _message_trace; echo "${COMPREPLY[*]}"

        """
    }
    guard let output = try Self.run("bash", ["--norc"], script) else { return }
    try Self.compare(output, among: Self.lines) { $0 == "some-directory/" ? "some-directory" : $0 }
  }

  @Test("fish completes commands, options, values and files")
  func fish() throws {
    var script = "message-trace completions fish | source\n"
    for line in Self.lines {
      script += "echo (complete -C 'message-trace \(line.typed)' | string replace -r '\\t.*' '')\n"
    }
    guard let output = try Self.run("fish", ["--no-config"], script) else { return }
    try Self.compare(output, among: Self.lines) { $0 }
  }

  /// zsh completes only where a person types, so it is given a terminal and keys: TAB, then one that writes down the
  /// line as it has become.
  @Test("zsh completes commands, options, values and files")
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
    guard let output = try Self.run("zsh", ["-f"], script) else { return }
    #expect(output.count == single.count, "\(output)")
    for (found, line) in zip(output, single) {
      let before = line.typed.split(separator: " ").dropLast(line.typed.hasSuffix(" ") ? 0 : 1)
      let whole = (["message-trace"] + before + [line.completed[0][...]]).joined(separator: " ")
      #expect([whole, "\(whole) ", "\(whole)=", "\(whole),"].contains(found), "\(line.typed): \(found)")
    }
  }

  @Test("every script says what it is, and an unknown shell is told the nearest", arguments: ["bash", "zsh", "fish"])
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

  /// Lines that a shell printed for a script, in a folder with one file and one directory.
  private static func run(_ shell: String, _ arguments: [String], _ script: String) throws -> [String]? {
    let folder = TemporaryFolder()
    let file = folder.write(script, to: "script")
    _ = folder.write("", to: "some-file.ndjson")
    unsafe mkdir(folder.file("some-directory"), 0o700)
    let bin = Program.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let variables = "HOME=\(folder.path) TERM=xterm PATH=\(bin):$PATH"
    return OtherProgram.lines(
      shell, "cd \(folder.path) && \(variables) \(shell) \(arguments.joined(separator: " ")) \(file)")
  }
}
