// The completion script for fish: one line per command, option and value.

internal import Configuration

enum FishCompletion {
  static var script: String {
    var lines = [
      "# fish completion of message-trace; made by: message-trace completions fish", functions,
      "complete -c message-trace -f",
      "\(first) -l help -d 'options and examples'", "\(first) -l version -d 'the version'",
      "\(first) -a help -d 'options and examples of a command, or a topic'",
      "\(behind("help")) -a '\(Help.names.joined(separator: " "))'",
    ]
    for command in Command.all {
      lines.append("\(first) -a \(command.name) -d \(quoted(command.summary))")
      lines += operands(command)
      lines += command.completionOptions.map { option in
        "\(behind(command.name)) -l \(option.name)\(value(option.value)) -d \(quoted(option.summary))"
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let first = "complete -c message-trace -n __fish_use_subcommand"

  /// Tests only the first word for a command, because a file may have the name of another command.
  private static let functions = """
    function __message_trace_command
      set -l words (commandline -opc)
      test (count $words) -ge 2; and test "$words[2]" = $argv[1]
    end
    function __message_trace_sink
      set -l typed (commandline -ct | string replace -r -- '^--sink=' '')
      printf '%s\\n' \(Setting.sinkBeginnings.joined(separator: " "))
      set -l found (string replace -f file: '' -- $typed)*
      test (count $found) -gt 0; and printf 'file:%s\\n' $found
    end
    """

  private static func behind(_ command: String, and more: String = "") -> String {
    "complete -c message-trace -n '__message_trace_command \(command)\(more)'"
  }

  private static func operands(_ command: Command) -> [String] {
    var lines: [String] = []
    let isSecond = "; and test (count (commandline -opc)) -eq 2"
    if !command.operands.verbs.isEmpty {
      lines.append("\(behind(command.name, and: isSecond)) -a '\(command.operands.verbs.joined(separator: " "))'")
    }
    if command.name == "mapping" {
      lines.append(
        "\(behind("mapping", and: "; and __fish_seen_subcommand_from show")) -a '\(MappingCatalog.names.joined(separator: " "))'"
      )
    }
    if command.operands.areFiles {
      let later = command.operands.verbs.isEmpty ? "" : "; and test (count (commandline -opc)) -gt 2"
      lines.append("\(behind(command.name, and: later)) -F")
    }
    return lines
  }

  private static func value(_ value: CompletionValue) -> String {
    switch value {
    case .nothing: ""
    case .anything: " -x"
    case .files: " -r -F"
    case .folders: " -x -a '(__fish_complete_directories)'"
    case .words(let words): " -x -a '\(words.joined(separator: " "))'"
    case .list(let words): " -x -a '(__fish_append , \(words.joined(separator: " ")))'"
    case .wordsOrFiles(let words): " -r -F -a '\(words.joined(separator: " "))'"
    case .sink: " -x -a '(__message_trace_sink)'"
    }
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return "'\(escaped)'"
  }
}
