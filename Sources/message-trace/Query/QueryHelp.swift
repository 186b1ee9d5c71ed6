// The help of `query` and `details`.

enum QueryHelp {
  static let query =
    """
    Searches message traces as Get-MessageTrace and Get-MessageTraceV2 do, through either service. Several values,
    separated by commas or in repeated flags, mean any of them; each is a request of its own. Case is ignored.

    DATE is an ISO 8601 date (2026-03-02, the whole day) or time (2026-03-02T08:15:07Z), or relative: -3d, -12h, -90m,
    now. Times without an offset are UTC. Both ends are inclusive; without dates the last 48 hours are searched. Graph
    keeps 90 days, the legacy service 30 (often 10).
    ADDRESS may be *@DOMAIN. STATUS is one of None, GettingStatus, Failed, Pending, Delivered, Expanded, Quarantined,
    FilteredAsSpam, Recalled. TYPE is contains (default), starts-with or ends-with. FORMAT is table (default), ndjson
    (events as a SIEM receives them), raw (rows as received) or csv. Rows come newest first; without --result-size or
    --page, all are returned.
    """

  static let queryExamples = [
    "message-trace query",
    "message-trace query --message-trace-id 2e3c0fac-4669-4e4a-2669-08d5dd529cbe",
    "message-trace query --message-id '<ea7d4b44435d4810a151eaca8d596958@CO2PR00MB0199.namprd00.prod.outlook.com>'",
    "message-trace query --start-date 2020-06-15 --end-date 2020-06-16 --recipient-address user2@contoso.com,user3@contoso.com",
    "message-trace details 2e3c0fac-4669-4e4a-2669-08d5dd529cbe user2@contoso.com",
    "message-trace query --sender-address john@contoso.com --start-date 2018-06-13 --end-date 2018-06-15",
    "message-trace query --playbook contoso.json --start-date -3d --status Failed,Quarantined --format csv",
  ]

  static let details =
    """
    Shows what happened to one message on its way to one recipient, step by step. TRACE-ID and RECIPIENT are
    those that `query` shows. Steps that decide the outcome are marked with !. FORMAT is timeline (default), ndjson
    (events as a SIEM receives them) or raw (steps as received). The legacy service also requires dates and the sender:
    if they are not given, they are looked up first, over ten days.
    """

  static let detailsExamples = [
    "message-trace details 2e3c0fac-4669-4e4a-2669-08d5dd529cbe user2@contoso.com",
    "message-trace details 2e3c0fac-4669-4e4a-2669-08d5dd529cbe user2@contoso.com --mode reporting --start-date -20d",
  ]
}
