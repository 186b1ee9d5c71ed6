// Options that only some commands have; those that all share are settings.

/// An option of some commands.
enum CommandOption: String, CaseIterable, Sendable {
  case messages, seed, port, hours, fault, tenants, playbooks
  case startDate = "start-date"
  case endDate = "end-date"
  case senderAddress = "sender-address"
  case recipientAddress = "recipient-address"
  case status, subject
  case subjectFilterType = "subject-filter-type"
  case messageID = "message-id"
  case messageTraceID = "message-trace-id"
  case fromIP = "from-ip"
  case toIP = "to-ip"
  case resultSize = "result-size"
  case page
  case pageSize = "page-size"
  case format, playbook, wide, columns
  case timeZone = "tz"
  case from, to, order, discard, systemd, cron, container, kubernetes, replicas, image
  case aliveFile = "alive-file"
  case dateFormat = "date-format"
  case rebuildState = "rebuild-state"
  case resend
  case sendTest = "send-test"
  case title, top
  case statusFile = "status-file"
  case collectorState = "state"
  case maxAge = "max-age"

  /// True if the option takes no value.
  var isFlag: Bool {
    [.systemd, .cron, .container, .kubernetes, .rebuildState, .resend, .sendTest, .wide, .discard].contains(self)
  }

  /// The name of its value in the help.
  var placeholder: String {
    switch self {
    case .messages, .seed, .port, .hours, .tenants, .page, .pageSize, .resultSize, .top, .replicas: "N"
    case .startDate, .endDate: "DATE"
    case .senderAddress, .recipientAddress: "ADDRESS,…"
    case .status: "STATUS,…"
    case .subject, .title: "TEXT"
    case .columns: "NAME,…"
    case .timeZone: "ZONE"
    case .subjectFilterType: "TYPE"
    case .messageID, .messageTraceID: "ID,…"
    case .fromIP, .toIP: "IP,…"
    case .format: "FORMAT"
    case .collectorState, .playbooks: "DIR"
    case .fault: "NAME,…"
    case .playbook, .statusFile, .aliveFile: "PATH"
    case .image: "NAME"
    case .from, .to: "DATE"
    case .maxAge: "DURATION"
    case .order: "newest|oldest"
    case .dateFormat: "PATTERN"
    case .systemd, .cron, .container, .kubernetes, .rebuildState, .resend, .sendTest, .wide, .discard: ""
    }
  }

  /// The placeholder for one command: the values themselves if there are at most four.
  func placeholder(of command: Command) -> String {
    let words = words(of: command)
    return words.isEmpty || words.count > 4 ? placeholder : words.joined(separator: "|")
  }

  /// True for what few calls need: the help lists it below the common options.
  var isRare: Bool { [.rebuildState, .aliveFile].contains(self) }

  /// One line for the help of a command.
  func summary(of command: Command) -> String {
    switch (command.name, self) {
    case ("details", .startDate): "look the message up from DATE on; default ten days before the end"
    case ("details", .endDate): "look the message up to DATE; default now"
    case ("details", .senderAddress): "accepted for calls of Get-MessageTraceDetail; the sender is looked up"
    case ("normalise", .recipientAddress): "recipient of rows of details that name none"
    case ("normalise", .senderAddress): "sender of rows of details that name none"
    default: summary
    }
  }

  /// One line for the completion, and for the help of most commands.
  var summary: String {
    switch self {
    case .messages: "size of the generated tenant"
    case .seed: "seed of the generated tenant; the same seed gives the same mail"
    case .port: "loopback port; default any free one"
    case .fault: "a fault to simulate, see above; repeatable"
    case .dateFormat: "date format of an export, such as M/d/yyyy h:mm:ss tt; required if not ISO 8601"
    case .hours: "age of the oldest mail in hours; default 24"
    case .tenants: "so many tenants, at most 1000, with playbooks in the directory of --playbooks"
    case .playbooks: "directory for the playbooks of --tenants, and for their states and events"
    case .startDate: "received at or after DATE; default 48 hours before the end; with an id, all"
    case .endDate: "received at or before DATE; default now"
    case .senderAddress: "only from these senders"
    case .recipientAddress: "only to these recipients"
    case .status: "only with one of these statuses"
    case .subject: "only with this text in the subject; repeatable"
    case .subjectFilterType: "where in the subject: contains, starts-with or ends-with"
    case .messageID: "only with one of these Message-ID headers"
    case .messageTraceID: "only these messages"
    case .fromIP: "only from these source addresses"
    case .toIP: "only to these destination addresses"
    case .resultSize: "limit to the N newest rows, 1 to 5000; default all"
    case .page: "which page of the result, 1 to 1000"
    case .pageSize: "rows per page of the result, 1 to 5000; default 1000"
    case .format: "output format"
    case .wide: "every column of the table, nothing truncated, whatever the width of the terminal"
    case .columns: "columns of the table, in this order"
    case .timeZone: "time zone: utc (default), local, or a name such as Europe/Paris"
    case .playbook: "read sign-in and service from this playbook"
    case .from: "first instant of the span: 2026-08-01, 2026-08-01T08:00:00Z, yesterday or -24h"
    case .to: "end of the span, exclusive, written as --from; default now"
    case .order: "which end of the range is read first; default newest"
    case .discard: "give up an unfinished backfill of another range"
    case .systemd: "a service with its timer, and a daemon template"
    case .cron: "a line for crontab"
    case .container: "a Containerfile for the package"
    case .kubernetes: "a Deployment for all playbooks; with --cron a CronJob for each"
    case .replicas: "pods of the Deployment; default 2"
    case .image: "the image's name; default message-trace and the version"
    case .aliveFile: "file that is replaced while every playbook makes progress, for a liveness probe"
    case .title: "heading of the page; default Mail of the tenant"
    case .top: "bars in each chart of the most frequent values, 1 to 100; default 10"
    case .collectorState: "state directory of the collector, to show its status"
    case .statusFile: "output of `status --format json`, to show the status of several collectors"
    case .maxAge: "exit status 75 if mail has not been read up to DURATION ago, such as 10m"
    case .sendTest: "also send one test event to each receiver"
    case .resend: "send refused events again, and keep those that are refused again"
    case .rebuildState: "set a damaged state aside and read the revisit horizon again"
    }
  }
}
