// What can stand where on a command line, for the scripts of the shells: made from the commands and options themselves.

internal import Collector
internal import IntakeCore
internal import Simulator
internal import Trigger

enum Shell: String, CaseIterable { case bash, zsh, fish }

/// What stands behind an option.
enum CompletionValue: Equatable {
  /// Nothing: it is a flag.
  case nothing
  /// A text that nobody can foresee.
  case anything
  case files
  case folders
  /// One of these.
  case words([String])
  /// Some of these, with commas between.
  case list([String])
  /// One of these, or a file.
  case wordsOrFiles([String])
  /// The beginning of a sink's spec.
  case sink
}

struct CompletionOption: Equatable {
  let name: String
  let summary: String
  let value: CompletionValue
  let isRepeatable: Bool
}

extension Command {
  /// Its own options, then the settings.
  var completionOptions: [CompletionOption] {
    ownOptions.map { option in
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

  /// True where files can be operands.
  var takesFiles: Bool {
    switch self {
    case .collect, .run, .check, .backfill, .status, .playbook, .schedule, .normalise, .verify, .mapping, .report: true
    case .query, .details, .simulate, .demo, .completions: false
    }
  }

  private static let repeatable: [OwnOption] = [
    .fault, .senderAddress, .recipientAddress, .status, .subject, .messageID, .messageTraceID, .fromIP, .toIP,
  ]
}

extension OwnOption {
  /// The values that it can have with this command, the usual one first; empty where they are not a few.
  func words(of command: Command) -> [String] {
    switch (self, command) {
    case (.format, .query): QueryRequest.Format.allCases.map(\.rawValue)
    case (.format, .details): DetailsCommand.Format.allCases.map(\.rawValue)
    case (.format, _): ["text", "json"]
    case (.order, _): ["newest", "oldest"]
    case (.subjectFilterType, _): ["contains", "starts-with", "ends-with"]
    case (.status, _): QueryReader.statuses
    case (.fault, _): NamedFault.allCases.map(\.rawValue)
    default: []
    }
  }

  func completion(of command: Command) -> CompletionValue {
    switch self {
    case .playbook, .statusFile: .files
    case .collectorState: .folders
    case .status, .fault: .list(words(of: command))
    case _ where isFlag: .nothing
    default: words(of: command).isEmpty ? .anything : .words(words(of: command))
    }
  }
}

extension Setting {
  /// From what stands behind it in the help: `graph|reporting` are values, `PATH` is a file.
  var completion: CompletionValue {
    switch self {
    case .mapping: return .wordsOrFiles(MappingShelf.names)
    case .sink: return .sink
    case .redact: return .list(["subject", "local-part"])
    case .details: return .list(QueryReader.statuses)
    default: break
    }
    if kind == .flag { return .nothing }
    if placeholder == "PATH" { return .files }
    if placeholder == "DIR" { return .folders }
    return placeholder.contains("|") ? .words(placeholder.split(separator: "|").map(String.init)) : .anything
  }

  /// What a sink's spec begins with.
  static let sinkBeginnings = ["stdout", "file:", "udp://", "tcp://", "tls://"]
}
