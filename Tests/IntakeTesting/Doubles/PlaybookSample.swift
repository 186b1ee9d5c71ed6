// A playbook without mistakes, for the tests that change a word of it.

package enum PlaybookSample {
  package static let text = """
    {
      "name": "Office 365 Message Trace",
      "uuid": "8461aabe-6eba-4044-ad7f-a0c39a2b2279",
      "type": "intake",
      "trigger": { "every": "60s", "lag": "1m", "revisit": ["15m", "1h"], "since": "24h" },
      "source": {
        "mode": "graph", "tenant": "Contoso.onmicrosoft.com", "clientId": "11111111-2222-3333-4444-555555555555",
        "clientSecret": { "env": "CONTOSO_SECRET" }
      },
      "normaliser": { "mapping": "ecs", "localDomains": ["contoso.com"], "keepOriginal": false },
      "sinks": ["file:/var/log/message-trace/contoso.ndjson", "stdout"],
      "state": "/var/lib/message-trace/contoso"
    }
    """
}
