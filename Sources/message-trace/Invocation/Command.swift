// The commands: what each is for, what it takes, and examples. The help is made from this.

internal import Trigger

enum Command: String, CaseIterable, Sendable {
  case collect
  case run
  case check
  case query
  case details
  case backfill
  case status
  case playbook
  case schedule
  case normalise
  case verify
  case report
  case mapping
  case simulate
  case demo
  case completions

  /// One line of the overview.
  var summary: String {
    switch self {
    case .collect: "one pass, then exit: cron, systemd timer"
    case .check: "sign in, read one row, try each sink; says what to do"
    case .query: "search traces, as Get-MessageTrace does"
    case .details: "delivery events of one message to one recipient"
    case .run: "keep collecting until stopped, one tenant or many"
    case .backfill: "collect a bounded span of the past, with progress; resumable"
    case .status: "cursors, lag, ledger, quota, last error, at a glance"
    case .playbook: "write a starter, list every mistake, print the JSON Schema"
    case .schedule: "print systemd units or a crontab line"
    case .normalise: "raw rows of either service to events, no network"
    case .verify: "lines, invalid lines, repeated event ids and pauses of an output file"
    case .report: "one HTML page to look at, made from NDJSON files"
    case .mapping: "list or show the mappings, validate one of your own"
    case .simulate: "a local stand-in for Microsoft's endpoints"
    case .demo: "simulate and collect in both modes: nothing to configure"
    case .completions: "the completion script of a shell"
    }
  }

  var usage: String {
    switch self {
    case .collect: "collect [PLAYBOOK] [OPTION]..."
    case .check: "check [PLAYBOOK] [--format text|json] [OPTION]..."
    case .query: "query [OPTION]..."
    case .details: "details TRACE-ID RECIPIENT [OPTION]..."
    case .run: "run PLAYBOOK... [OPTION]..."
    case .backfill: "backfill [PLAYBOOK] --from INSTANT --to INSTANT [OPTION]..."
    case .status: "status [PLAYBOOK]... [--format text|json]"
    case .playbook: "playbook init [PATH] | validate PATH... | schema"
    case .schedule: "schedule --systemd|--cron PLAYBOOK"
    case .normalise: "normalise [FILE...] [OPTION]..."
    case .verify: "verify FILE..."
    case .report: "report FILE... [OPTION]... > report.html"
    case .mapping: "mapping list | show NAME | validate FILE"
    case .simulate: "simulate [OPTION]..."
    case .demo: "demo [OPTION]..."
    case .completions: "completions bash|zsh|fish"
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
      Each playbook collects on a thread of its own, `every` apart by the clock; a failed pass is tried again with
      growing pauses and concerns no other tenant. SIGTERM and SIGINT end it cleanly with exit status 0, a second one
      at once. SIGHUP reads the playbooks again and keeps the old one of any that is wrong; SIGUSR1 logs how each one
      stands. Under systemd it tells READY, STATUS, WATCHDOG, RELOADING and STOPPING.
      """
    case .backfill:
      """
      Reads the span in slices within the quota and leaves room for live collection, which may go on meanwhile. What was
      delivered before is left out. Stopped or killed, the same call goes on where it was. At most as far back as the
      service keeps rows: 90 days (graph), 30 days (reporting).
      """
    case .status:
      """
      Looks at the state without holding it: it may be asked at any time. Exit status 0 if the last pass went well, else
      that of its failure.
      """
    case .playbook:
      """
      init writes a whole playbook to fill in, to standard output or a new file; --mode and --tenant are taken over.
      validate lists every mistake of each file with its line and the nearest right key, and reads no secret.
      """
    case .schedule:
      """
      Prints files for /etc/systemd/system (a service with its timer, and message-trace@.service to run as a daemon),
      each under the line that names it, or a line for crontab. Nothing is installed.
      """
    case .check:
      """
      Tries settings, mapping, state, sign-in, one row of the service, the clock and each sink, and says for each that
      fails what is wrong and what to do. Delivers nothing and moves nothing.
      """
    case .query: QueryHelp.query
    case .details: QueryHelp.details
    case .normalise:
      """
      Reads files, or standard input where none is given, and writes events to standard output. The shape of each file
      is found out by looking at it.
      """
    case .verify:
      """
      Reads NDJSON files and says how many lines they hold, how many are not whole JSON objects, how many event ids
      repeat across all of them, and how long collecting paused between two batches. Exit status 65 if a line is broken
      or an event came twice.
      """
    case .report:
      """
      Reads NDJSON files of events, - for standard input, and writes one self-contained page: mail per hour by status,
      failures by reason, the most frequent senders, recipients and domains, how late rows came. --state or --status-file adds
      how the collector stands. No script, nothing loaded from elsewhere; it holds addresses and subjects as the events
      do, so keep it where you keep those. Counts of the most frequent are exact up to 65,536 different ones.
      """
    case .mapping:
      "Mappings are plain JSON: `show` prints one to start your own from, --mapping PATH uses it."
    case .simulate:
      """
      Serves sign-in, the Reporting Web Service and Graph for a generated tenant on a loopback port until stopped,
      and prints the settings to collect from it. Faults, to see what `check` and `collect` make of them:

      \(SimulateCommand.faultTable)
      """
    case .demo:
      """
      Starts the simulator, collects a small tenant through the legacy service, changes the mode to graph with the same
      state, and shows that nothing is lost and nothing doubled. Events on stdout, the story on stderr.
      """
    case .completions:
      """
      Prints a script that lets the shell complete commands, options, their values and files. The last three examples put
      it where each shell looks for it (make that folder where it is missing); a new shell has it then.
      """
    }
  }

  /// What the first operand has to be, where it is one of a few.
  var verbs: [String] {
    switch self {
    case .playbook: ["init", "validate", "schema"]
    case .mapping: ["list", "show", "validate"]
    case .completions: Shell.allCases.map(\.rawValue)
    default: []
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
    case .check: ["message-trace check contoso.json", "message-trace check contoso.json --format json"]
    case .query: QueryHelp.queryExamples
    case .details: QueryHelp.detailsExamples
    case .run:
      ["message-trace run contoso.json", "message-trace run /etc/message-trace/*.json --metrics-file mail.prom"]
    case .backfill:
      [
        "message-trace backfill contoso.json --from 2026-08-01T00:00:00Z --to 2026-09-01T00:00:00Z",
        "message-trace backfill contoso.json --from 2026-08-01 --to 2026-09-01 --order oldest",
      ]
    case .status: ["message-trace status contoso.json", "message-trace status /etc/message-trace/*.json --format json"]
    case .playbook:
      [
        "message-trace playbook init contoso.json --mode graph --tenant contoso.onmicrosoft.com",
        "message-trace playbook validate /etc/message-trace/*.json",
        "message-trace playbook schema > playbook.schema.json",
      ]
    case .schedule:
      [
        "message-trace schedule --systemd /etc/message-trace/contoso.json",
        "message-trace schedule --cron /etc/message-trace/contoso.json",
      ]
    case .normalise:
      [
        "message-trace normalise page.json --tenant contoso.onmicrosoft.com",
        "message-trace normalise < rows.ndjson > events.ndjson",
        "message-trace normalise export.csv --date-format 'M/d/yyyy h:mm:ss tt' --local-domains contoso.com",
      ]
    case .verify:
      [
        "message-trace verify /var/log/contoso.ndjson",
        "message-trace demo > e.ndjson && message-trace verify e.ndjson",
      ]
    case .report:
      [
        "message-trace report /var/log/contoso.ndjson > report.html",
        "message-trace report /var/log/*.ndjson --state /var/lib/message-trace/contoso --title Contoso > report.html",
        "message-trace status /etc/message-trace/*.json --format json > status.json",
        "zcat old.ndjson.gz | message-trace report - --status-file status.json --top 20 > report.html",
      ]
    case .mapping:
      [
        "message-trace mapping list", "message-trace mapping show graph > mine.json",
        "message-trace mapping validate mine.json", "message-trace normalise page.json --mapping mine.json",
      ]
    case .simulate:
      [
        "message-trace simulate --messages 20000 --seed 7 --hours 48 --port 8080",
        "message-trace simulate --fault throttled,odd-rows",
      ]
    case .completions:
      [
        "source <(message-trace completions bash)",
        "message-trace completions bash > ~/.local/share/bash-completion/completions/message-trace",
        "message-trace completions zsh > /usr/local/share/zsh/site-functions/_message-trace",
        "message-trace completions fish > ~/.config/fish/completions/message-trace.fish",
      ]
    case .demo: ["message-trace demo", "message-trace demo --messages 2000 > events.ndjson"]
    }
  }

  /// The settings that make sense with this command.
  var settings: [Setting] {
    switch self {
    case .query, .details: QueryService.settings
    case .collect, .run, .check, .backfill: Setting.allCases
    case .status: [.state, .tenant, .now]
    case .playbook: [.mode, .tenant]
    case .schedule: []
    case .report: [.now]
    case .normalise:
      [
        .tenant, .mapping, .profile, .localDomains, .keepOriginal, .redact, .redactKeyFile, .now, .logFormat,
        .logLevel,
      ]
    case .verify, .mapping, .completions: []
    case .simulate, .demo: [.logLevel, .logFormat]
    }
  }

  /// Options that are no settings: name and what stands behind it.
  var ownOptions: [OwnOption] {
    switch self {
    case .simulate: [.messages, .seed, .port, .hours, .fault]
    case .demo: [.messages, .seed]
    case .query: OwnOption.ofQuery
    case .details: OwnOption.ofDetails
    case .backfill: [.from, .to, .order]
    case .status, .check: [.format]
    case .schedule: [.systemd, .cron]
    case .collect: [.rebuildState]
    case .run, .playbook, .verify, .mapping, .completions: []
    case .normalise: [.dateFormat]
    case .report: [.title, .top, .collectorState, .statusFile]
    }
  }

  /// How many operands it takes.
  var operands: ClosedRange<Int> {
    switch self {
    case .collect, .check: 0...1
    case .query: 0...0
    case .details: 2...2
    case .run: 1...1_000
    case .backfill: 0...1
    case .status: 0...1_000
    case .playbook: 1...10_000
    case .schedule, .completions: 1...1
    case .normalise, .verify: 0...10_000
    case .report: 1...10_000
    case .mapping: 1...2
    case .simulate, .demo: 0...0
    }
  }
}
