// What the other programs run.

enum PeerScripts {
  /// jq has no SHA-256, so there is no `event.id`.
  static let jq = #"""
    def local: . == "contoso.com" or endswith(".contoso.com")
      or . == "contoso.onmicrosoft.com" or endswith(".contoso.onmicrosoft.com");
    {"delivered": "success", "failed": "failure", "quarantined": "failure", "filteredAsSpam": "failure"} as $outcomes
    | .value[]
    | (.senderAddress | split("@")) as $from | (.recipientAddress | split("@")) as $to
    | ($from[1] | ascii_downcase) as $fromDomain | ($to[1] | ascii_downcase) as $toDomain
    | ($fromDomain | local) as $ours | ($toDomain | local) as $theirs
    | [.fromIP, .toIP | select(. != "")] as $addresses
    | {
      "@timestamp": .receivedDateTime, "event.kind": "event", "event.category": ["email"], "event.type": ["info"],
      "event.dataset": "o365.message_trace", "event.module": "o365", "event.provider": "graph",
      "observer.vendor": "Microsoft", "observer.product": "Exchange Online", "ecs.version": "8.11.0",
      "event.created": "2026-09-21T14:13:20.000Z", "event.action": .status,
      "event.outcome": ($outcomes[.status] // "unknown"), "email.delivery_timestamp": .receivedDateTime,
      "email.message_id": .messageId, "email.local_id": .id, "o365.message_trace.trace_id": .id,
      "email.subject": .subject,
      "email.direction": (if $ours then (if $theirs then "internal" else "outbound" end)
        elif $theirs then "inbound" else "external" end),
      "email.from.address": [.senderAddress], "email.to.address": [.recipientAddress],
      "source.domain": $fromDomain, "source.user.domain": $fromDomain, "source.user.email": .senderAddress,
      "source.user.name": $from[0], "destination.domain": $toDomain, "destination.user.domain": $toDomain,
      "destination.user.email": .recipientAddress, "destination.user.name": $to[0],
      "related.user": (if .senderAddress == .recipientAddress then [.senderAddress]
        else [.senderAddress, .recipientAddress] end),
      "related.hosts": (if $fromDomain == $toDomain then [$fromDomain] else [$fromDomain, $toDomain] end),
      "organization.name": "contoso.onmicrosoft.com", "o365.message_trace.status": .status,
      "o365.message_trace.size": .size, "tags": ["message-trace"]
    }
    + (if .fromIP == "" then {} else {"source.ip": .fromIP} end)
    + (if .toIP == "" then {} else {"destination.ip": .toIP} end)
    + (if $addresses == [] then {} else {"related.ip": $addresses} end)
    """#

  static let python = #"""
    import hashlib, json, sys
    OUTCOMES = {"delivered": "success", "failed": "failure", "quarantined": "failure", "filteredAsSpam": "failure"}
    OURS = ("contoso.com", "contoso.onmicrosoft.com")
    BELOW = (".contoso.com", ".contoso.onmicrosoft.com")
    DIRECTIONS = {(True, True): "internal", (True, False): "outbound",
                  (False, True): "inbound", (False, False): "external"}

    def local(domain):
        return domain in OURS or domain.endswith(BELOW)

    def event(row):
        sender, recipient, status = row["senderAddress"], row["recipientAddress"], row["status"]
        name, domain = sender.split("@")
        to_name, to_domain = recipient.split("@")
        domain, to_domain = domain.lower(), to_domain.lower()
        identity = f"contoso.onmicrosoft.com\n{row['id'].lower()}\n{recipient.lower()}\n{status}"
        result = {
            "@timestamp": row["receivedDateTime"], "event.id": hashlib.sha256(identity.encode()).hexdigest()[:32],
            "event.kind": "event", "event.category": ["email"], "event.type": ["info"],
            "event.dataset": "o365.message_trace", "event.module": "o365", "event.provider": "graph",
            "observer.vendor": "Microsoft", "observer.product": "Exchange Online", "ecs.version": "8.11.0",
            "event.created": "2026-09-21T14:13:20.000Z", "event.action": status,
            "event.outcome": OUTCOMES.get(status, "unknown"), "email.delivery_timestamp": row["receivedDateTime"],
            "email.message_id": row["messageId"], "email.local_id": row["id"],
            "o365.message_trace.trace_id": row["id"], "email.subject": row["subject"],
            "email.direction": DIRECTIONS[local(domain), local(to_domain)],
            "email.from.address": [sender], "email.to.address": [recipient], "source.domain": domain,
            "source.user.domain": domain, "source.user.email": sender, "source.user.name": name,
            "destination.domain": to_domain, "destination.user.domain": to_domain,
            "destination.user.email": recipient, "destination.user.name": to_name,
            "related.user": [sender] if sender == recipient else [sender, recipient],
            "related.hosts": [domain] if domain == to_domain else [domain, to_domain],
            "organization.name": "contoso.onmicrosoft.com", "o365.message_trace.status": status,
            "o365.message_trace.size": row["size"], "tags": ["message-trace"],
        }
        addresses = [ip for ip in (row["fromIP"], row["toIP"]) if ip]
        if row["fromIP"]:
            result["source.ip"] = row["fromIP"]
        if row["toIP"]:
            result["destination.ip"] = row["toIP"]
        if addresses:
            result["related.ip"] = addresses
        return result

    write = sys.stdout.write
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for row in json.load(open(sys.argv[1]))["value"]:
        write(dump(event(row)) + "\n")
    """#

  /// Absent fields cannot be left out: `destination.ip`, which no row has here, is not named.
  static let duckDB = #"""
    import duckdb, sys
    names = "id senderAddress recipientAddress messageId receivedDateTime subject fromIP toIP status".split()
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in names) + ", size: 'BIGINT'"
    local = lambda d: (f"({d} IN ('contoso.com', 'contoso.onmicrosoft.com') OR {d} LIKE '%.contoso.com'"
                       f" OR {d} LIKE '%.contoso.onmicrosoft.com')")
    duckdb.sql(f"""
    COPY (
      WITH rows AS (SELECT *, lower(split_part(senderAddress, '@', 2)) AS fd, lower(split_part(recipientAddress, '@', 2)) AS td
        FROM read_json('{sys.argv[1]}', format='newline_delimited', columns={{{columns}}}))
      SELECT receivedDateTime AS "@timestamp",
        substr(sha256('contoso.onmicrosoft.com' || chr(10) || lower(id) || chr(10) || lower(recipientAddress) || chr(10)
          || status), 1, 32) AS "event.id",
        'event' AS "event.kind", ['email'] AS "event.category", ['info'] AS "event.type",
        'o365.message_trace' AS "event.dataset", 'o365' AS "event.module", 'graph' AS "event.provider",
        'Microsoft' AS "observer.vendor", 'Exchange Online' AS "observer.product", '8.11.0' AS "ecs.version",
        '2026-09-21T14:13:20.000Z' AS "event.created", status AS "event.action",
        CASE WHEN status = 'delivered' THEN 'success' WHEN status IN ('failed', 'quarantined', 'filteredAsSpam')
          THEN 'failure' ELSE 'unknown' END AS "event.outcome",
        receivedDateTime AS "email.delivery_timestamp", messageId AS "email.message_id", id AS "email.local_id",
        id AS "o365.message_trace.trace_id", subject AS "email.subject",
        CASE WHEN {local('fd')} THEN CASE WHEN {local('td')} THEN 'internal' ELSE 'outbound' END
          WHEN {local('td')} THEN 'inbound' ELSE 'external' END AS "email.direction",
        [senderAddress] AS "email.from.address", [recipientAddress] AS "email.to.address", fd AS "source.domain",
        fd AS "source.user.domain", senderAddress AS "source.user.email",
        split_part(senderAddress, '@', 1) AS "source.user.name", td AS "destination.domain",
        td AS "destination.user.domain", recipientAddress AS "destination.user.email",
        split_part(recipientAddress, '@', 1) AS "destination.user.name", fromIP AS "source.ip",
        list_filter([fromIP, toIP], lambda x: x <> '') AS "related.ip",
        CASE WHEN senderAddress = recipientAddress THEN [senderAddress] ELSE [senderAddress, recipientAddress] END
          AS "related.user",
        CASE WHEN fd = td THEN [fd] ELSE [fd, td] END AS "related.hosts",
        'contoso.onmicrosoft.com' AS "organization.name", status AS "o365.message_trace.status",
        size AS "o365.message_trace.size", ['message-trace'] AS "tags"
      FROM rows) TO '/dev/stdout' (FORMAT json)""")
    """#

  /// No SHA-256; absent fields as above.
  static let polars = #"""
    import sys
    import polars as pl
    row = pl.col
    rows = pl.read_ndjson(sys.argv[1])
    one = lambda name: pl.concat_list([row(name)])
    mail = lambda name, part: row(name).str.split("@").list.get(part)
    rows = rows.with_columns(fd=mail("senderAddress", 1).str.to_lowercase(),
                             td=mail("recipientAddress", 1).str.to_lowercase())
    local = lambda name: (row(name).is_in(["contoso.com", "contoso.onmicrosoft.com"])
                          | row(name).str.ends_with(".contoso.com") | row(name).str.ends_with(".contoso.onmicrosoft.com"))
    text = pl.lit
    rows = rows.select(**{
        "@timestamp": row("receivedDateTime"), "event.kind": text("event"), "event.category": text(["email"]),
        "event.type": text(["info"]), "event.dataset": text("o365.message_trace"), "event.module": text("o365"),
        "event.provider": text("graph"), "observer.vendor": text("Microsoft"),
        "observer.product": text("Exchange Online"), "ecs.version": text("8.11.0"),
        "event.created": text("2026-09-21T14:13:20.000Z"), "event.action": row("status"),
        "event.outcome": pl.when(row("status") == "delivered").then(text("success"))
            .when(row("status").is_in(["failed", "quarantined", "filteredAsSpam"])).then(text("failure"))
            .otherwise(text("unknown")),
        "email.delivery_timestamp": row("receivedDateTime"), "email.message_id": row("messageId"),
        "email.local_id": row("id"), "o365.message_trace.trace_id": row("id"), "email.subject": row("subject"),
        "email.direction": pl.when(local("fd") & local("td")).then(text("internal")).when(local("fd"))
            .then(text("outbound")).when(local("td")).then(text("inbound")).otherwise(text("external")),
        "email.from.address": one("senderAddress"), "email.to.address": one("recipientAddress"),
        "source.domain": row("fd"), "source.user.domain": row("fd"), "source.user.email": row("senderAddress"),
        "source.user.name": mail("senderAddress", 0), "destination.domain": row("td"),
        "destination.user.domain": row("td"), "destination.user.email": row("recipientAddress"),
        "destination.user.name": mail("recipientAddress", 0), "source.ip": row("fromIP"),
        "related.ip": pl.concat_list(["fromIP", "toIP"]).list.eval(pl.element().filter(pl.element() != "")),
        "related.user": pl.concat_list(["senderAddress", "recipientAddress"]).list.unique(maintain_order=True),
        "related.hosts": pl.concat_list(["fd", "td"]).list.unique(maintain_order=True),
        "organization.name": text("contoso.onmicrosoft.com"), "o365.message_trace.status": row("status"),
        "o365.message_trace.size": row("size"), "tags": text(["message-trace"]),
    })
    rows.write_ndjson(sys.stdout.buffer)
    """#
}
