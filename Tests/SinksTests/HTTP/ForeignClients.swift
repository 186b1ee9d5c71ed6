// Clients of others, which keep the simulated receivers honest: Elastic's, OpenSearch's and Azure's from PyPI.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting

/// A Python with the clients in it, as `.ci/run` installs it; nil where PyPI could not be reached.
enum ForeignClients {
  static let python: String? = {
    let named = unsafe getenv("MESSAGE_TRACE_SIEM_CLIENTS").map { unsafe String(cString: $0) }
    let path = "\(named ?? "/opt/siem-clients")/bin/python"
    return unsafe access(path, X_OK) == 0 ? path : nil
  }()

  static let rsyslogModule = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
    .contains { unsafe access("\($0)/rsyslog/omelasticsearch.so", R_OK) == 0 }

  /// Runs a script with these arguments; what it printed.
  static func run(_ script: String, _ arguments: [String], in folder: ScratchFolder) throws -> ProcessResult {
    try folder.write(script, to: "client.py")
    return try TestProgram([python ?? "python3", folder("client.py")] + arguments).capture()
  }

  /// Writes 500 documents twice; prints how many were created, and the statuses of the others.
  static let elastic = """
    import sys
    product, base, secret = sys.argv[1:4]
    if product == "elasticsearch":
        from elasticsearch import Elasticsearch, helpers
        client = Elasticsearch(base, api_key=secret)
    else:
        from opensearchpy import OpenSearch, helpers
        client = OpenSearch(base, http_auth=("elastic", secret))
    print(client.info()["version"]["number"])
    for _ in range(2):
        docs = [{"_op_type": "create", "_index": "foreign", "_id": "%032x" % n, "_source": {"event.id": "%032x" % n}}
                for n in range(500)]
        created, errors = helpers.bulk(client, docs, raise_on_error=False, chunk_size=100)
        print(created, sorted(set(e["create"]["status"] for e in errors)), len(errors))
    """

  /// Uploads 500 rows, once with and once without the role.
  static let azure = """
    import sys, json, time, urllib.parse, urllib.request
    from azure.core.credentials import AccessToken
    from azure.monitor.ingestion import LogsIngestionClient
    base, tenant, client_id, secret = sys.argv[1:5]
    class Credential:
        def get_token(self, *scopes, **kwargs):
            form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": scopes[0]}
            body = urllib.parse.urlencode(form).encode()
            with urllib.request.urlopen(f"{base}/{tenant}/oauth2/v2.0/token", body) as answer:
                return AccessToken(json.load(answer)["access_token"], int(time.time()) + 3000)
    client = LogsIngestionClient(base, Credential())
    rows = [{"TimeGenerated": "2026-09-21T10:00:00Z", "event_id": "%032x" % n} for n in range(500)]
    client.upload("dcr-1", "Custom-Foreign_CL", rows, enforce_https=False)
    print("uploaded")
    """
}
