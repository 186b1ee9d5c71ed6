// Help topics, the exit codes among them. A topic named like a command is appended to that command's help.

struct HelpTopic: Sendable {
  let name: String
  /// One line of the overview.
  let summary: String
  /// Ends with a line feed.
  let text: String

  static let all = [
    HelpTopic(name: "exit-codes", summary: "what each exit status means", text: exitCodes),
    HelpTopic(
      name: "fleet", summary: "several machines for the same tenants: a database as state", text: FleetHelp.text),
    HelpTopic(name: "kafka", summary: "options, what counts as delivered, the marker topic", text: KafkaHelp.text),
    HelpTopic(
      name: "mapping", summary: "the format of a mapping file, and how to change a field", text: MappingHelp.text),
    HelpTopic(name: "playbook", summary: "every key of a playbook, secrets, many tenants", text: PlaybookHelp.text),
    HelpTopic(
      name: "profiles", summary: "field names of other products: which one for which receiver", text: ProfilesHelp.text),
    HelpTopic(name: "sinks", summary: "Elastic, Splunk, Sekoia, Sentinel, HTTPS; refused events", text: SinksHelp.text),
    HelpTopic(name: "state", summary: "where the state is, and sinks that are added or left out", text: StateHelp.text),
    HelpTopic(name: "syslog", summary: "receivers, options, what counts as delivered", text: SyslogHelp.text),
  ]

  static func named(_ name: String) -> HelpTopic? { all.first { $0.name == name } }

  private static let exitCodes =
    """
    exit status (after sysexits.h):
        0  done, also a daemon that was stopped
       64  usage: an unknown option or a missing value
       65  bad input data, or corrupt state; or a receiver has refused events, which are set aside
       66  no such input
       69  the service refuses to serve this tenant
       70  a bug: please report it
       71  the host lacks a resource: descriptors, memory, locks
       73  an output or the state cannot be created
       74  an output or the state cannot be written; the rows read so far are safe in the journal
       75  temporary failure, try again later: locked, throttled, timed out, 5xx, receiver down, stopped mid-window
       76  the peer violates the protocol: HTML instead of JSON, a foreign link, a TLS failure
       77  sign-in or permission refused
       78  bad configuration or unsafe permissions
      130  stopped by a second SIGINT
      143  stopped by a second SIGTERM

    """
}
