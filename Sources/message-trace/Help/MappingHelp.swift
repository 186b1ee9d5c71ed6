// The help topic on mapping files: the format, by example, and how to change a field.

enum MappingHelp {
  static let text =
    """
    A mapping defines which column of a row becomes which field of the event. Mappings are plain JSON, one for each
    shape of row. They are embedded in the program; --mapping PATH uses a file of yours instead.

      message-trace mapping list                     the names
      message-trace mapping show graph > mine.json   one of them, to start from
      message-trace mapping show fields              every field that an event may have, with its type
      message-trace mapping validate mine.json       list every mistake with its line
      message-trace normalise page.json --mapping mine.json      test it on saved rows
      message-trace collect --mapping mine.json      use it

    Profiles, the field names of other products for the same content, are mappings too: message-trace help profiles

    event.id of details is made of tenant, trace id, recipient, event, time in milliseconds, and description.

    To change a mapping: show one, edit it, validate.
      second field     { "to": "email.subject", "from": "subject" } becomes
                       { "to": ["email.subject", "acme.subject"], "from": "subject" }
      rename           { "to": "acme.subject", "from": "subject" }
      drop             delete the rule; a column without a rule goes to `others`, so leave it out there too:
                       "leftOut": ["@odata.*", "subject"]
      constant         { "to": "acme.team", "constant": "mail" }
      keep original    use --keep-original; this rule places it: { "to": "event.original", "from": "$original" }
      new names        declare them: "fields": { "acme.subject": { "type": "keyword" }, "acme.team": { "type": "keyword" } }

    A mapping, shortened:

      {
        "name": "mine",
        "identity": { "trace": "id", "recipient": "recipientAddress", "sender": "senderAddress",
                      "status": "status", "received": "receivedDateTime", "statuses": "status" },
        "leftOut": ["@odata.*"],
        "others": "o365.message_trace",
        "private": { "subjects": ["subject"], "addresses": ["senderAddress", "recipientAddress"] },
        "lookups": {
          "status": { "delivered": "delivered", "failed": "failed" },
          "outcome": { "delivered": "success", "failed": "failure", "*": "unknown" }
        },
        "fields": { "acme.kind": { "type": "keyword" } },
        "event": [
          { "to": "@timestamp", "from": "$received" },
          { "to": "event.id", "from": "$identity" },
          { "to": "acme.kind", "constant": "mail" },
          { "to": "event.action", "from": "$status" },
          { "to": "event.outcome", "from": "$status", "as": "lookup", "lookup": "outcome" },
          { "to": "source.ip", "from": "fromIP", "as": "ip", "else": "o365.message_trace.from_ip" },
          { "to": "related.hosts", "from": ["senderAddress", "recipientAddress"], "as": ["domain", "list"] },
          { "to": "tags", "from": "$flags" }
        ],
        "failed": [
          { "to": "@timestamp", "from": "$created" },
          { "to": "event.id", "from": "$identity" },
          { "to": "event.kind", "constant": "pipeline_error" },
          { "to": "error.message", "from": "$reason" },
          { "to": "event.original", "from": "$original" }
        ]
      }

    identity   the columns of event.id, time and direction; changing them changes event.id
    leftOut    columns to omit; a trailing * matches any ending
    others     prefix of the columns without a rule, in snake case; without it they are omitted
    private    what --redact hides
    lookups    tables of texts, case-insensitive; * matches all others and an absent value
    fields     your own field names with their type: date, ip, keyword, long, match_only_text, wildcard;
               "array": true for a list
    each       a column that holds an array: one event for each of its objects
    nested     for --nested: "lists", the names that become a list of one; "open", a prefix and the object that takes
               the names behind it as they are: { "lists": ["a.list"], "open": { "a.fields": "a" } }
    event      the rules, in the order of the fields in the event
    failed     the rules for a row that cannot be mapped; no row is dropped

    A rule has `to`, one name or several, and `from` or `constant`. `from` is a column, a dotted path into one, or
    one of these values; of several, the first that is present is used:
      $received $created $identity $status $direction $provider $tenant.name $tenant.id $recipient
      $original $reason $flags $cut.columns $cut.lengths $cut.hashes
    `as` converts: text (the default), timestamp, ip, lower-case, domain, local part, integer, without brackets, lookup,
    properties; followed by list, all values of `from` become a list without duplicates. `else` names the field for a
    text that cannot be converted. There are no expressions.

    --redact subject,local-part replaces subjects and the part of addresses before the @ by a keyed hash (HMAC-SHA256),
    so that events can still be joined, and omits event.original. The key: MESSAGE_TRACE_REDACT_KEY or --redact-key-file.
    event.id does not change.

    """
}
