// The status as a Prometheus textfile. Format: prometheus.io "Exposition formats"; names after its naming conventions.

internal import Configuration
internal import IntakeCore
internal import Trigger

/// One file of metrics, of one or more tenants.
enum Metrics {
  private struct Family {
    var name: String
    var type: String
    var help: String
    var samples: [(labels: [(String, String)], value: String)] = []
  }

  /// Counters: key in the status, metric, label of its values, help.
  private static let counters: [(key: String, name: String, label: String?, help: String)] = [
    ("passes", "passes_total", nil, "Passes run."),
    ("failures", "pass_failures_total", "code", "Passes that failed, by the code of the failure."),
    ("windows", "windows_total", nil, "Windows read to their last page."),
    ("pages", "pages_total", nil, "Pages read."),
    ("rows", "rows_total", nil, "Rows read."),
    ("events", "events_total", "action", "Events emitted, by canonical status."),
    ("left_out", "rows_left_out_total", nil, "Rows left out because their event was delivered before."),
    ("unmapped", "rows_unmapped_total", nil, "Rows emitted as pipeline_error events."),
    ("requests", "http_requests_total", nil, "HTTP requests, sign-in and retries included."),
    ("throttles", "throttles_total", nil, "Throttling responses: 429, 503 and 509."),
    (
      "details_given_up", "details_given_up_total", nil, "Messages whose delivery events did not come within a day."
    ),
    ("sink_batches", "sink_batches_total", "sink", "Batches acknowledged by the sink."),
    ("sink_failures", "sink_failures_total", "sink", "Passes that ended with undelivered batches for the sink."),
    ("sink_early_ends", "sink_early_ends_total", "sink", "Ends of stream by the receiver that came before ours."),
    ("sink_events", "sink_events_total", "sink", "Events taken by the sink, repeats included."),
    ("sink_bytes", "sink_bytes_total", "sink", "Bytes sent to the sink, as they went over the network."),
    ("sink_requests", "sink_requests_total", "sink", "Requests to the sink."),
    ("sink_retries", "sink_retries_total", "sink", "Requests, or parts of them, that were sent again."),
    ("sink_rejected", "sink_rejected_total", "sink", "Events that the receiver refused for good; set aside."),
    (
      "sink_milliseconds", "sink_delivery_milliseconds_total", "sink", "Time that the sink took to acknowledge batches."
    ),
    ("gaps", "gaps_total", nil, "Time ranges that left the service's retention before they were read."),
    ("gap_seconds", "gap_seconds_total", nil, "Seconds in those time ranges."),
  ]

  /// Every name, in the order of the text.
  static var names: [String] { (counters.map { family($0, []) } + [ages([])] + gauges([])).map(\.name) }

  /// The whole text; families in a fixed order, each tenant's samples in it, those of other processes after them.
  static func text(_ statuses: [PassStatus], others: MetricsSamples = MetricsSamples()) -> String {
    let families = counters.map { family($0, statuses) } + [ages(statuses)] + gauges(statuses)
    return families.map { text($0, others[$0.name]) }.joined()
  }

  private static func family(
    _ counter: (key: String, name: String, label: String?, help: String), _ statuses: [PassStatus]
  ) -> Family {
    var family = Family(name: "message_trace_\(counter.name)", type: "counter", help: counter.help)
    for status in statuses {
      for (label, value) in (status.counters[counter.key] ?? [:]).sorted(by: { $0.key < $1.key }) {
        let extra = counter.label.map { [($0, label)] } ?? []
        family.samples.append((labels(status) + extra, "\(value)"))
      }
    }
    return family
  }

  /// How late events came: counts below each revisit's age, as a counter with an upper bound.
  private static func ages(_ statuses: [PassStatus]) -> Family {
    var family = Family(
      name: "message_trace_events_by_age_total", type: "counter",
      help: "Events emitted, by the age of their row in seconds, up to and including.")
    for status in statuses {
      for bound in ["900", "3600", "21600", "86400", "+Inf"] {
        guard let count = status.counters["event_ages"]?[bound] else { continue }
        family.samples.append((labels(status) + [("up_to", bound)], "\(count)"))
      }
    }
    return family
  }

  private static func gauges(_ statuses: [PassStatus]) -> [Family] {
    [
      gauge("lag_seconds", "Seconds from each cursor to the last pass.", statuses) { status in
        status.lanes.sorted { $0.key < $1.key }.map {
          ([("cursor", $0.key)], seconds(status.lastPass - $0.value.cursor))
        }
      },
      gauge("oldest_incomplete_timestamp_seconds", "Time up to which all rows have been read.", statuses) { status in
        status.lanes[Schedule.liveCursor].map { [([], seconds($0.cursor))] } ?? []
      },
      gauge("last_pass_timestamp_seconds", "When the last pass ended.", statuses) { [([], seconds($0.lastPass))] },
      gauge("last_success_timestamp_seconds", "When the last good pass ended.", statuses) { status in
        status.lastSuccess.map { [([], seconds($0))] } ?? []
      },
      gauge("last_pass_duration_seconds", "How long the last pass took.", statuses) { [([], seconds($0.elapsed))] },
      gauge("failing_passes", "Failed passes in a row; 0 if the last one was good.", statuses) { status in
        [([], "\(status.lastFailure?.streak ?? 0)")]
      },
      gauge("ledger_identities", "Identities in the ledger.", statuses) { [([], "\($0.identities)")] },
      gauge("journal_entries", "Undelivered batches in the journal.", statuses) { [([], "\($0.journalEntries)")] },
      gauge("journal_bytes", "Their size in bytes.", statuses) { [([], "\($0.journalBytes)")] },
      gauge("open_spans", "Time ranges that the service could not return yet.", statuses) { status in
        [([], "\(status.openSpans)")]
      },
      gauge("sink_last_error", "1 for the code of the sink's last failed request or batch.", statuses) { status in
        status.sinks.sorted { $0.key < $1.key }.compactMap { name, sink in
          sink.lastError.map { ([("sink", name), ("code", $0)], "1") }
        }
      },
      gauge("quota_remaining_requests", "Requests left in the quota window.", statuses) { status in
        status.quota.map { [([], "\(max(0, $0.limit - $0.used))")] } ?? []
      },
    ]
  }

  private static func gauge(
    _ name: String, _ help: String, _ statuses: [PassStatus],
    _ values: (PassStatus) -> [(labels: [(String, String)], value: String)]
  ) -> Family {
    var family = Family(name: "message_trace_\(name)", type: "gauge", help: help)
    for status in statuses {
      for value in values(status) { family.samples.append((labels(status) + value.labels, value.value)) }
    }
    return family
  }

  private static func labels(_ status: PassStatus) -> [(String, String)] {
    [("tenant", status.tenant), ("mode", status.mode)]
  }

  private static func seconds(_ duration: Duration) -> String { "\(Double(duration.ticks / 10_000) / 1_000)" }
  private static func seconds(_ instant: Instant) -> String { seconds(instant - Instant(ticks: 0)) }

  private static func text(_ family: Family, _ others: [String]) -> String {
    guard !family.samples.isEmpty || !others.isEmpty else { return "" }
    var text = "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.type)\n"
    for sample in family.samples {
      let labels = sample.labels.map { "\($0.0)=\"\(escape($0.1))\"" }.joined(separator: ",")
      text += "\(family.name){\(labels)} \(sample.value)\n"
    }
    return text + others.map { "\($0)\n" }.joined()
  }

  static func escape(_ value: String) -> String {
    var escaped = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
