// The help topic on sinks that are services behind HTTP, and on refused events.

enum SinksHelp {
  static let text = """
    Sinks

      --sink stdout | file:PATH
      --sink udp|tcp|tls://HOST:PORT              see: message-trace help syslog, also on what a wrong port looks like
      --sink elastic://HOST:PORT/INDEX            Elasticsearch, OpenSearch
      --sink splunk://HOST:PORT                   Splunk HTTP Event Collector
      --sink sekoia://HOST                        Sekoia.io intake, with --profile raw
      --sink sentinel://DCE-HOST/DCR-ID/STREAM    Microsoft Sentinel: Logs Ingestion API of Azure Monitor
      --sink https://HOST/PATH                    any service that takes NDJSON by POST and answers 2xx

    Services are spoken to over https; elastic+http://, splunk+http://, sekoia+http://, sentinel+http:// and http:// speak
    plain http, to the loopback only. Options follow a question mark, NAME=VALUE&..., values percent-encoded. The state
    identifies a sink by what stands before the question mark, so changing an option causes no repeats; only with another
    index= of elastic a batch that is in doubt comes a second time, in the other index.

      option               default           meaning
      token-file=PATH      see below         file with the secret; or token-env=NAME, the variable that holds it
      username=NAME        none              basic sign-in; the secret is the password (elastic, https)
      ca=PATH              --ca-file         PEM file of the CAs accepted for the service's certificate
      cert=PATH key=PATH   none              PEM files: our certificate with its chain, and its private key
      gzip=on|off          on, loopback off  compress bodies
      batch-events=N       by service        most events of a request
      batch-bytes=N        by service        most bytes of a request before compression
      connections=N        2                 requests at a time
      timeout=SECONDS      120               for one request
      header=NAME:VALUE    none              a further header; header-file=NAME:PATH, header-env=NAME:VARIABLE for secrets

    A secret is never part of a spec. Without token-file and token-env it is taken from the variable below, else from the
    systemd credential of that name. In a playbook a sink may be an object:

      { "to": "splunk://siem.example:8088?index=mail", "token": { "file": "splunk-token" } }
      { "to": "https://siem.example/in", "headers": { "X-Source": "mail", "X-Key": { "env": "SIEM_KEY" } } }

      sink       variable                              credential              batch
      elastic    MESSAGE_TRACE_ELASTIC_API_KEY         elastic-api-key         10,000 events, 4 MiB
      splunk     MESSAGE_TRACE_SPLUNK_TOKEN            splunk-token            5,000 events, 1 MB
      sekoia     MESSAGE_TRACE_SEKOIA_INTAKE_KEY       sekoia-intake-key       5,000 events, 10 MB; 250,000 bytes an event
      sentinel   MESSAGE_TRACE_SENTINEL_CLIENT_SECRET  sentinel-client-secret  10,000 events, 1 MB
      https      MESSAGE_TRACE_HTTPS_TOKEN (bearer)    https-token             5,000 events, 5 MiB

    elastic     index=day         one index a day of receipt (UTC): INDEX-2026.01.25. A repeat meets its first there.
                index=fixed       INDEX itself
                index=data-stream INDEX is a data stream, which recognizes repeats only until it rolls over
                pipeline=NAME     ingest pipeline
                The API key in the form that Kibana shows as encoded. It needs create_doc and auto_configure on the
                index or pattern. `message-trace mapping template elastic` prints the types of all fields.
    splunk      index= sourcetype= source= host=   defaults: the token's, message_trace, message-trace, none
                ack=indexer       delivered once the indexer has it on disk; a token without acknowledgement is noticed
                ack=none          delivered once the collector has parsed it
                ack-timeout=300   seconds after which an unacknowledged batch counts as not delivered
                channel=GUID      made up if not set
                Profiles cim or ecs; `message-trace mapping template splunk` prints the stanzas.
    sekoia      intake.sekoia.io, or intake.REGION.sekoia.io. Its intakes for message traces parse rows as the service gave
                them: use --profile raw.
    sentinel    Signs in as the source does, or with client-id=APP, tenant=T and its secret. The app needs the role
                Monitoring Metrics Publisher on the rule. Names get underscores for dots, @timestamp becomes TimeGenerated;
                Azure cuts fields at 64 KB.
    https       content-type=application/x-ndjson, query=TEXT for the URL's query

    What counts as delivered, and what can repeat

      elastic     each event was answered with 201, or with 409: it is there already. No repeats.
      splunk      the indexer's acknowledgement; at most the batch in doubt repeats, event_id tells. What stands before a
                  refused event in its request repeats once if the refusal comes without an acknowledgement number.
      others      2xx; at most the batch in doubt repeats, event.id tells

    408, 425, 429, 5xx, a broken connection and an unreadable answer are tried again, after Retry-After if it is given;
    five times in a row without an event taken, then the batch waits in the journal for the next pass (75). A body that is
    too large (413) is halved. Only what was not taken is sent again. Redirects are refused (76), answers over 1 MiB are
    unreadable (elastic: 32 MiB). Exit status 77: token or its permissions; 78: index, stream, address or option. A daemon
    reads a token's file again in the next pass.

    Refused events

    An event that the service or a RELP receiver refuses for good, for example for a type conflict, is set aside in
    rejected.ndjson in the state, with the reason, and its neighbours are delivered. The pass ends with 65.
    `message-trace state rejected` lists what is set aside; with --resend it is sent again, after the types were corrected,
    in batches of 5,000: if that breaks off, the next --resend repeats at most the batch in doubt. At 1 GiB the sink stops
    instead. If a receiver without answers for single events refuses 50 in a row and takes none, the sink stops too: that
    is its settings.

    """
}
