// The help of `query` and `details`.

enum QueryHelp {
  static let query =
    """
    Searches message traces as Get-MessageTrace and Get-MessageTraceV2 do, through either service. Several values,
    separated by commas or in repeated flags, mean any of them; each is a request of its own. Case is ignored.

    DATE is an ISO 8601 date (2026-03-02, the whole day) or time (2026-03-02T08:15:07Z), or relative: today, yesterday,
    now, -3d, -12h, -90m. Dates and times without an offset are UTC, or in the zone of --tz. Both ends are inclusive;
    without dates the last 48 hours are searched, and with an id all that the service keeps: 90 days (graph), 30 (the
    legacy service, often 10). PowerShell's spellings of options are accepted: -SenderAddress, -StartDate.
    ADDRESS may be *@DOMAIN, DOMAIN alone, or have * anywhere for any text: priya*, *invoice*@contoso.com. What a service
    cannot filter is filtered here: it sends all rows of the span then. * in the TEXT of a subject stands for any text, and
    TEXT is then the whole subject (invoice*), unless --subject-filter-type is given.
    STATUS is one of None, GettingStatus, Failed, Pending, Delivered, Expanded, Quarantined, FilteredAsSpam (spam),
    Recalled. TYPE is contains (default), starts-with or ends-with. FORMAT is table (default), ndjson (events as a SIEM
    receives them), raw (rows as received), csv, excel (CSV with a byte order mark) or json (one array). Rows come newest
    first; without --result-size or --page, all are returned. NAME is one of received, status, sender, recipient, subject,
    size, from-ip, to-ip, trace-id, message-id.
    """

  static let queryExamples = [
    "message-trace query",
    "message-trace query --message-trace-id 2e3c0fac-4669-4e4a-2669-08d5dd529cbe",
    "message-trace query --message-id '<ea7d4b44435d4810a151eaca8d596958@CO2PR00MB0199.namprd00.prod.outlook.com>'",
    "message-trace query --start-date 2020-06-15 --recipient-address user2@contoso.com,user3@contoso.com",
    "message-trace details 2e3c0fac-4669-4e4a-2669-08d5dd529cbe user2@contoso.com",
    "message-trace query --sender-address john@contoso.com --start-date 2018-06-13 --end-date 2018-06-15",
    "message-trace query --playbook contoso.json --start-date -3d --status Failed,Quarantined --format csv",
    "message-trace query --start-date yesterday --tz local --sender-address '*invoice*@contoso.com' --columns subject",
  ]

  static let details =
    """
    Shows what happened to one message on its way to one recipient, step by step. TRACE-ID and RECIPIENT are
    those that `query` shows. Steps that decide the outcome are marked with !. FORMAT is timeline (default), ndjson
    (events as a SIEM receives them) or raw (steps as received). The message's row, with its sender and its time, is
    looked up first: in the last ten days, unless --start-date is given.
    """

  static let detailsExamples = [
    "message-trace details 2e3c0fac-4669-4e4a-2669-08d5dd529cbe user2@contoso.com",
    "message-trace details 2e3c0fac-4669-4e4a-2669-08d5dd529cbe user2@contoso.com --mode reporting --start-date -20d",
  ]
}
