// The completion model: the values that each operand and option accepts, derived from the command descriptors.

internal import Collector
internal import Configuration
internal import IntakeCore
internal import Simulator

enum Shell: String, CaseIterable { case bash, zsh, fish }

/// The value of an option, as a completion script sees it.
enum CompletionValue: Equatable {
  /// No value: the option is a flag.
  case nothing
  /// Free text.
  case anything
  case files
  case folders
  /// One of these.
  case words([String])
  /// Any number of these, separated by commas.
  case list([String])
  /// One of these, or a file.
  case wordsOrFiles([String])
  /// A sink specification.
  case sink
}

struct CompletionOption: Equatable {
  let name: String
  let summary: String
  let value: CompletionValue
  let isRepeatable: Bool
}

extension Command {
  /// The options of this command, then its settings.
  var completionOptions: [CompletionOption] {
    options.map { option in
      CompletionOption(
        name: option.rawValue, summary: option.summary, value: option.completion(of: self),
        isRepeatable: Self.repeatable.contains(option))
    }
      + settings.map { setting in
        CompletionOption(
          name: setting.rawValue, summary: setting.summary, value: setting.completion,
          isRepeatable: setting.kind == .list)
      }
      + [CompletionOption(name: "help", summary: "options and examples", value: .nothing, isRepeatable: false)]
  }

  private static let repeatable: [CommandOption] = [
    .fault, .senderAddress, .recipientAddress, .status, .subject, .messageID, .messageTraceID, .fromIP, .toIP,
  ]
}

extension CommandOption {
  /// The values that it can have with this command, the default first; empty if they cannot be listed.
  func words(of command: Command) -> [String] {
    switch self {
    case .format: command.formats
    case .order: ["newest", "oldest"]
    case .subjectFilterType: ["contains", "starts-with", "ends-with"]
    case .status: QueryArguments.statuses
    case .columns: QueryColumn.allCases.map(\.rawValue)
    case .fault: NamedFault.allCases.map(\.rawValue)
    default: []
    }
  }

  func completion(of command: Command) -> CompletionValue {
    switch self {
    case .playbook, .statusFile: .files
    case .collectorState: .folders
    case .status, .fault, .columns: .list(words(of: command))
    case _ where isFlag: .nothing
    default: words(of: command).isEmpty ? .anything : .words(words(of: command))
    }
  }
}

extension Setting {
  /// Derived from the placeholder in the help: `graph|reporting` are values, `PATH` is a file.
  var completion: CompletionValue {
    switch self {
    case .mapping: return .wordsOrFiles(MappingCatalog.names)
    case .sink: return .sink
    case .redact: return .list(["subject", "local-part"])
    case .details: return .list(QueryArguments.statuses)
    case .since: return .anything
    default: break
    }
    if kind == .flag { return .nothing }
    if placeholder == "PATH" { return .files }
    if placeholder == "DIR" || placeholder == "DIR|URI" { return .folders }
    return placeholder.contains("|") ? .words(placeholder.split(separator: "|").map(String.init)) : .anything
  }

  /// The prefixes of a sink specification.
  static let sinkBeginnings = ["stdout", "file:", "udp://", "tcp://", "tls://", "relp://", "relps://", "kafka://"]
}
