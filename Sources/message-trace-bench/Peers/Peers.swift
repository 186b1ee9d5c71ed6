// The same mapping of the same rows by jq and by Python's json, as whole processes.

internal import Glibc
internal import IntakeCore

/// One program to compare with.
struct Peer {
  var name: String
  /// The program, its options and its script.
  var words: [String]
  /// Fields of ours that it cannot make.
  var lacks: Set<String> = []

  func command(_ folder: String, page: String) -> [String] {
    words.map { $0.hasPrefix("map.") ? "\(folder)/\($0)" : $0 } + ["\(folder)/\(page)"]
  }
}

enum Peers {
  static let all = [
    Peer(name: "jq -c", words: ["jq", "-c", "-f", "map.jq"], lacks: ["event.id"]),
    Peer(name: "python3 json", words: ["python3", "map.py"]),
  ]

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

  /// Says where the events of a peer are not the same as ours; nil where all are, but for the fields that it lacks.
  static func difference(_ ours: [UInt8], _ theirs: [UInt8], lacks: Set<String>) -> String? {
    let (left, right) = (lines(ours), lines(theirs))
    guard left.count == right.count else { return "\(right.count) events for \(left.count) of ours" }
    for (index, pair) in zip(left, right).enumerated() {
      guard let left = members(pair.0), let right = members(pair.1) else { return "line \(index + 1) is not an object" }
      let names = Set(left.keys).union(right.keys).subtracting(lacks)
      for name in names.sorted() where left[name] != right[name] {
        return "line \(index + 1): \(name) is \(right[name] ?? "absent"), ours \(left[name] ?? "absent")"
      }
    }
    return nil
  }

  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: 0x0A) }

  private static func members(_ line: ArraySlice<UInt8>) -> [String: String]? {
    guard let value = try? JSONValue(parsing: Array(line)), let members = value.members else { return nil }
    return Dictionary(members.map { ($0.key, $0.value.text) }) { first, _ in first }
  }
}
