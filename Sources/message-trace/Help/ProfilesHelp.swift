// The help topic on profiles: whose field names they are, which one suits which receiver, and what stands where.

enum ProfilesHelp {
  static let text = """
    --profile selects whose field names the events have; the content is the same. Every profile maps rows of both services,
    of the draft of 2021, exports, and details (--details).

      profile    names of                                         for
      ecs        Elastic Common Schema 8.11.0 (the default)       Elastic, OpenSearch, Sentinel, anything else
      sekoia     Sekoia.io's parsers of message traces            searches written for Sekoia's fields
      cim        Splunk's Common Information Model 6.2, Email     Splunk
      udm-flat   Google SecOps' Unified Data Model                Google SecOps; with --nested for its import
      raw        the service itself: each row as it came          Sekoia's intakes, which parse raw rows themselves

    Where to find it, with ecs first; message-trace mapping show PROFILE prints every rule:

    \(table)

    ecs        Left out: the echo of the query (StartDate, EndDate, Index). The schema has no field for the size of a mail.
    sekoia     The fields that Sekoia's parsers message-trace and message-trace-graph-api write. As in the newer one:
               network.bytes and a Message-ID without brackets. Left out of the older one: event.start and event.end, which
               echo the query. They parse raw rows, not these: for their intakes use raw.
    cim        With src_ip and dest_ip beside the model's fields, as Splunk's add-on for Office 365 has them. Left out,
               since a trace does not hold them: delay, duration, file_*, filter_*, orig_dest, orig_recipient, orig_src,
               process*, response_time, retries, url, user, xdelay, xref. Only details have message_info and return_addr.
               created, direction, event_id, flags, orig_time and tenant are ours.
    udm-flat   Event type EMAIL_TRANSACTION, dotted names. Left out: network.direction of internal and external mail, which
               UDM cannot tell (it is in additional.fields.direction), and a security action other than ALLOW, BLOCK,
               QUARANTINE. With --nested the JSON of one UDM event, as events.import and udmevents.batchCreate take it;
               additional.fields.NAME is then NAME in `additional`.
    raw        verify and the ledger know a row by trace id, recipient and status. query prints raw rows by itself.

    report reads ecs, sekoia, cim and udm-flat; rows (raw) and nested events it refuses. event.id, whatever its name, is the
    same in every profile and from both services, so a profile may change at any time: nothing is delivered twice.
    For field names of your own: message-trace help mapping.

    """

  /// What an analyst looks for, and its name in each profile.
  static let names: [[String]] = [
    ["event.id", "event.id", "event_id", "metadata.product_log_id"],
    ["@timestamp", "@timestamp", "_time", "metadata.event_timestamp"],
    ["event.action", "event.action", "signature", "security_result.action_details"],
    ["event.outcome", "event.outcome", "action", "security_result.action"],
    ["email.from.address", "email.from.address", "src_user", "network.email.from"],
    ["email.to.address", "email.to.address", "recipient", "network.email.to"],
    ["email.subject", "email.subject", "subject", "network.email.subject"],
    ["email.message_id", "email.message_id", "message_id", "network.email.mail_id"],
    ["email.local_id", "email.local_id", "internal_message_id", "additional.fields.message_trace_id"],
    ["source.ip", "source.ip", "src_ip", "principal.ip"],
    ["email.direction", "email.direction", "direction", "additional.fields.direction"],
    ["o365.message_trace.size", "network.bytes", "size", "additional.fields.Email_Size_Bytes"],
  ]

  private static let table = ([["ecs", "sekoia", "cim", "udm-flat"]] + names).map { row in
    "  " + zip(row, [25, 20, 21, 0]).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined()
  }.joined(separator: "\n")
}
