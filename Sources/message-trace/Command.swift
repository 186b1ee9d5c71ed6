// The commands: what each is for, what it takes, and examples. The help is made from this.

internal import Trigger

enum Command: String, CaseIterable, Sendable {
  case collect
  case run
  case normalise
  case verify
  case mapping
  case simulate
  case demo

  /// One line of the overview.
  var summary: String {
    switch self {
    case .collect: "one pass, then exit: cron, systemd timer"
    case .run: "keep collecting until stopped"
    case .normalise: "raw rows of either service to events, no network"
    case .verify: "lines, invalid lines and repeated event ids of an output file"
    case .mapping: "list or show the mappings, validate one of your own"
    case .simulate: "a local stand-in for Microsoft's endpoints"
    case .demo: "simulate and collect in both modes: nothing to configure"
    }
  }

  var usage: String {
    switch self {
    case .collect: "collect [PLAYBOOK] [OPTION]..."
    case .run: "run PLAYBOOK [OPTION]..."
    case .normalise: "normalise [FILE...] [OPTION]..."
    case .verify: "verify FILE..."
    case .mapping: "mapping list | show NAME | validate FILE"
    case .simulate: "simulate [OPTION]..."
    case .demo: "demo [OPTION]..."
    }
  }

  /// What else there is to say, below the usage.
  var details: String {
    switch self {
    case .collect:
      """
      Reads the live window and every revisit that is due, delivers the events and commits.
      Settings come from flags, then MESSAGE_TRACE_… in the environment, then the playbook.
      """
    case .run:
      """
      One pass after the other, each starting `every` after the one before started; a failed pass is tried again
      with growing pauses. SIGTERM and SIGINT end it cleanly with exit status 0.
      """
    case .normalise:
      """
      Reads files, or standard input where none is given, and writes events to standard output. The shape of each file
      is found out by looking at it.
      """
    case .verify:
      """
      Reads NDJSON files and says how many lines they hold, how many are not JSON objects, and which event ids repeat
      across all of them. Exit status 65 if anything is wrong.
      """
    case .mapping:
      "Mappings are plain JSON: `show` prints one to start your own from, --mapping PATH uses it."
    case .simulate:
      """
      Serves sign-in, the Reporting Web Service and Graph for a generated tenant on a loopback port until stopped,
      and prints the settings to collect from it.
      """
    case .demo:
      """
      Starts the simulator, collects a small tenant through the legacy service, changes the mode to graph with the same
      state, and shows that nothing is lost and nothing doubled. Events on stdout, the story on stderr.
      """
    }
  }

  var examples: [String] {
    switch self {
    case .collect:
      [
        "message-trace collect contoso.json",
        "MESSAGE_TRACE_CLIENT_SECRET=… message-trace collect --tenant contoso.onmicrosoft.com --client-id … --sink file:/var/log/contoso.ndjson",
        "message-trace collect --mode reporting --username reader@contoso.com --password-file /etc/message-trace/password",
      ]
    case .run: ["message-trace run contoso.json"]
    case .normalise:
      ["message-trace normalise page.json --tenant contoso.onmicrosoft.com", "message-trace normalise < rows.ndjson"]
    case .verify: ["message-trace verify /var/log/contoso.ndjson"]
    case .mapping: ["message-trace mapping show graph > mine.json", "message-trace mapping validate mine.json"]
    case .simulate: ["message-trace simulate --messages 20000 --seed 7"]
    case .demo: ["message-trace demo", "message-trace demo --messages 2000 > events.ndjson"]
    }
  }

  /// The settings that make sense with this command.
  var settings: [Setting] {
    switch self {
    case .collect, .run: Setting.allCases
    case .normalise: [.tenant, .mapping, .profile, .localDomains, .keepOriginal, .now, .logFormat, .logLevel]
    case .verify, .mapping: []
    case .simulate, .demo: [.logLevel, .logFormat]
    }
  }

  /// Options that are no settings: name and what stands behind it.
  var ownOptions: [OwnOption] {
    switch self {
    case .simulate: [.messages, .seed, .port, .hours]
    case .demo: [.messages, .seed]
    case .normalise: [.dateFormat]
    case .collect, .run, .verify, .mapping: []
    }
  }

  /// How many operands it takes.
  var operands: ClosedRange<Int> {
    switch self {
    case .collect: 0...1
    case .run: 1...1
    case .normalise, .verify: 0...10_000
    case .mapping: 1...2
    case .simulate, .demo: 0...0
    }
  }
}

/// Options of single commands.
enum OwnOption: String, CaseIterable, Sendable {
  case messages, seed, port, hours
  case dateFormat = "date-format"

  var summary: String {
    switch self {
    case .messages: "size of the generated tenant"
    case .seed: "which tenant is generated; the same seed gives the same mail"
    case .port: "loopback port; default any free one"
    case .dateFormat: "how an export spells its dates, such as M/d/yyyy h:mm:ss tt; never guessed"
    case .hours: "how far back the mail reaches; default 24"
    }
  }
}
