// The completion script for zsh, for $fpath as _message-trace or to be sourced.

internal import Configuration

enum ZshCompletion {
  static var script: String {
    """
    #compdef message-trace
    # zsh completion of message-trace; made by: message-trace completions zsh
    _message-trace-sink() {
      compset -P file: && _files && return
      compadd -S '' -- \(Setting.sinkBeginnings.joined(separator: " "))
    }
    _message-trace() {
      local curcontext=$curcontext state line
      typeset -A opt_args
      _arguments -C '(- *)'{-h,--help}'[options and examples]' '(- *)--version[the version]' \\
        '1:command:->command' '*::operand:->operand'
      case $state in
      command)
        local -a commands=(
    \(Command.all.map { "      '\(described($0.name, $0.summary))'" }.joined(separator: "\n"))
          'help:options and examples of a command, or a topic'
        )
        _describe -t commands command commands
        ;;
      operand)
        curcontext=${curcontext%:*}-$words[1]:
        case $words[1] in
    \(Command.all.map(operandCase).joined(separator: "\n"))
        help) _arguments '1:topic:(\(Help.names.joined(separator: " ")))' ;;
        esac
        ;;
      esac
    }
    if [[ $funcstack[1] == _message-trace ]]; then _message-trace "$@"; else compdef _message-trace message-trace; fi

    """
  }

  private static func operandCase(_ command: Command) -> String {
    let lines = command.completionOptions.map(option) + operands(command)
    return "    \(command.name))\n      _arguments \\\n"
      + lines.map { "        \($0)" }.joined(separator: " \\\n") + "\n      ;;"
  }

  private static func option(_ option: CompletionOption) -> String {
    let star = option.isRepeatable ? "*" : ""
    guard option.value != .nothing else { return "'\(star)--\(option.name)[\(escaped(option.summary))]'" }
    return "'\(star)--\(option.name)=[\(escaped(option.summary))]:\(option.name):\(action(option.value))'"
  }

  private static func action(_ value: CompletionValue) -> String {
    switch value {
    case .nothing, .anything: " "
    case .files: "_files"
    case .folders: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .list(let words): "_sequence compadd - \(words.joined(separator: " "))"
    case .wordsOrFiles(let words): "{compadd -- \(words.joined(separator: " ")); _files}"
    case .sink: "_message-trace-sink"
    }
  }

  private static func operands(_ command: Command) -> [String] {
    let files = command.operands.areFiles ? "_files" : " "
    guard !command.operands.verbs.isEmpty else { return ["'*:operand:\(files)'"] }
    let verbs = "'1:what:(\(command.operands.verbs.joined(separator: " ")))'"
    guard command.name == "mapping" else {
      return command.name == "completions" ? [verbs] : [verbs, "'*:file:\(files)'"]
    }
    let names = MappingCatalog.names.joined(separator: " ")
    return [verbs, "'2:mapping:{[[ $words[2] == show ]] && compadd -- \(names) || _files}'"]
  }

  private static func described(_ name: String, _ summary: String) -> String {
    "\(name):\(escaped(summary))"
  }

  /// Escapes for single quotes and brackets.
  private static func escaped(_ text: String) -> String {
    text.map { letter in
      switch letter {
      case "'": "'\\''"
      case "[", "]", ":", "\\": "\\\(letter)"
      default: String(letter)
      }
    }.joined()
  }
}
