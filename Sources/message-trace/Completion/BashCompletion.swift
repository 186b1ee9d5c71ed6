// The completion script for bash 4 and later, without dependencies.

internal import Configuration

enum BashCompletion {
  static var script: String {
    """
    # bash completion of message-trace; made by: message-trace completions bash
    _message_trace() {
      local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
      COMPREPLY=()
      # bash takes --option=value apart at the equals sign, file:path at the colon.
      if [[ $cur == = || $cur == : ]]; then cur=
      elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}
      fi
      if [[ ${COMP_WORDS[COMP_CWORD]} == : || $prev == : ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames 2>/dev/null
        return
      fi
      if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W '\(words(Command.names + ["help", "--help", "--version"]))' -- "$cur"))
        return
      fi
      local before=
      [[ $cur == *,* ]] && before=${cur%,*},
      case $command:$prev in
    \(valueCases)
      esac
      if [[ $cur == -* ]]; then
        case $command in
    \(optionCases)
        esac
        return
      fi
      case $command:$COMP_CWORD:$prev in
    \(operandCases)
      esac
    }
    complete -F _message_trace message-trace

    """
  }

  private static func words(_ words: [String]) -> String { words.joined(separator: " ") }

  /// Options of commands come before settings of the same name, because the first matching case wins.
  private static var valueCases: String {
    let own = Command.all.flatMap { command in
      command.options.map { ("\(command.name):--\($0.rawValue)", $0.completion(of: command)) }
    }
    let settings = Setting.allCases.map { ("*:--\($0.rawValue)", $0.completion) }
    return (own + settings).compactMap { pattern, value in
      reply(value).map { "    \(pattern)) \($0) return ;;" }
    }.joined(separator: "\n")
  }

  private static func reply(_ value: CompletionValue) -> String? {
    switch value {
    case .nothing: nil
    case .anything: ""
    case .files: "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); compopt -o filenames 2>/dev/null;"
    case .folders: "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); compopt -o filenames 2>/dev/null;"
    case .words(let list): "COMPREPLY=($(compgen -W '\(words(list))' -- \"$cur\"));"
    case .list(let list): "COMPREPLY=($(compgen -P \"$before\" -W '\(words(list))' -- \"${cur##*,}\"));"
    case .wordsOrFiles(let list):
      "mapfile -t COMPREPLY < <(compgen -W '\(words(list))' -- \"$cur\"; compgen -f -- \"$cur\"); compopt -o filenames 2>/dev/null;"
    case .sink:
      "COMPREPLY=($(compgen -W '\(words(Setting.sinkBeginnings))' -- \"$cur\")); compopt -o nospace 2>/dev/null;"
    }
  }

  private static var optionCases: String {
    Command.all.map { command in
      let names = command.completionOptions.map { "--\($0.name)" }
      return "      \(command.name)) COMPREPLY=($(compgen -W '\(words(names))' -- \"$cur\")) ;;"
    }.joined(separator: "\n")
  }

  private static var operandCases: String {
    let files = "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); compopt -o filenames 2>/dev/null"
    let verbs = Command.all.filter { !$0.operands.verbs.isEmpty }.map { command in
      "    \(command.name):2:*) COMPREPLY=($(compgen -W '\(words(command.operands.verbs))' -- \"$cur\")) ;;"
    }
    let takers = Command.all.filter(\.operands.areFiles).map { "\($0.name):*" }.joined(separator: "|")
    let special = [
      "    help:2:*) COMPREPLY=($(compgen -W '\(words(Help.names))' -- \"$cur\")) ;;",
      "    mapping:3:show) COMPREPLY=($(compgen -W '\(words(MappingCatalog.names))' -- \"$cur\")) ;;",
    ]
    return (special + verbs + ["    \(takers)) \(files) ;;"]).joined(separator: "\n")
  }
}
