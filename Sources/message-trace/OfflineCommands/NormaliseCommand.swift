// `normalise`: maps raw rows from files or standard input to events, without network or state.

internal import Configuration
internal import Glibc
internal import IntakeCore
internal import Normaliser

struct NormaliseCommand: RunnableCommand {
  static let descriptor = Command(
    name: "normalise",
    summary: "raw rows of either service to events, no network",
    usage: "normalise [FILE...] [OPTION]...",
    details: """
      Reads files, or standard input if none is given, and writes events to standard output. The shape of each file is
      detected from its content: JSON answers and rows, Atom feeds, CSV exports, historical searches.

      Rows of details name no recipient or sender where the service gives none: --recipient-address and --sender-address
      give both. Their event.id is then that of collected details.

      A line on stderr counts rows, those mapped and those that could not be mapped, and of the mapped ones those without
      trace id or recipient, with invalid encoding, or without a time. Exit status 65 if no row could be mapped, or none
      has a time that can be read. A warning says where an answer or an export lacks rows.
      """,
    examples: [
      "message-trace normalise page.json --tenant contoso.onmicrosoft.com",
      "message-trace normalise < rows.ndjson > events.ndjson",
      "message-trace normalise export.csv --date-format 'M/d/yyyy h:mm:ss tt' --local-domains contoso.com",
      "message-trace normalise details.json --recipient-address bob@contoso.com --sender-address alice@fabrikam.com",
    ],
    settings: [
      .tenant, .mapping, .profile, .nested, .localDomains, .keepOriginal, .redact, .redactKeyFile, .now, .logFormat,
      .logLevel,
    ],
    options: [.dateFormat, .recipientAddress, .senderAddress],
    operands: .files(0...10_000),
    implementation: Self.self)

  let context: CommandContext

  func run() throws(Failure) -> ExitCode {
    let layer = try context.layer()
    let time = try context.time(layer)
    var choice = try MappingSettings(layer, environment: context.environment)
    choice.settings.recipient = context.invocation.options[.recipientAddress] ?? ""
    choice.settings.sender = context.invocation.options[.senderAddress] ?? ""
    var files = NormalisedFiles(
      choice: choice, time: time, terminal: context.terminal,
      options: RawOptions(
        dateFormat: context.invocation.options[.dateFormat], splitsEvents: !choice.isRaw))
    let operands = context.invocation.operands
    for path in operands.isEmpty ? ["-"] : operands { try files.read(path) }
    if files.tally.isNotable || context.terminal.isInteractive { context.terminal.say(files.tally.text) }
    if files.tally.undated > 0, let pattern = context.invocation.options[.dateFormat] {
      context.terminal.say("hint: Correct --date-format: not every date has the form \(Log.clean(pattern, limit: 60)).")
    }
    return files.tally.isUseless ? .badData : .done
  }
}

/// Maps files to standard output, with one normaliser per shape of row.
private struct NormalisedFiles {
  let choice: MappingSettings
  let time: TimeSource
  let terminal: Terminal
  let options: RawOptions
  private(set) var tally = NormaliseTally()
  private var normalisers: [String: RowNormaliser] = [:]
  private var batch = Batch()
  private var ledger = PassthroughLedger()

  init(choice: MappingSettings, time: TimeSource, terminal: Terminal, options: RawOptions) {
    self.choice = choice
    self.time = time
    self.terminal = terminal
    self.options = options
  }

  mutating func read(_ path: String) throws(Failure) {
    let name = path == "-" ? "standard input" : path
    var input = RawInput(file: name, options: options)
    let reader = try ChunkReader(path, purpose: "input")
    while let pages = try input.pages(reading: { (text) throws(Failure) in try reader.read(onto: &text) }) {
      try write(pages)
    }
    try write(try input.take([], isLast: true))
  }

  private mutating func write(_ pages: [RawPage]) throws(Failure) {
    for raw in pages {
      for warning in raw.warnings { terminal.say("warning: \(warning)") }
      batch.rest = nil
      repeat {
        batch.clear()
        try normaliser(raw.mapping).normalise(raw.page, created: time.now(), into: &batch, ledger: &ledger)
        tally.add(batch)
        try terminal.output(batch.bytes)
      } while batch.rest != nil
    }
  }

  private mutating func normaliser(_ shape: String) throws(Failure) -> RowNormaliser {
    if let known = normalisers[shape] { return known }
    let made = try choice.normaliser(shape: shape, foldColumns: true)
    normalisers[shape] = made
    return made
  }
}
