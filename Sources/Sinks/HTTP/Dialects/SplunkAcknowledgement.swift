// Indexer acknowledgement: asked for until every request of a batch is indexed.

internal import HTTPTransport
internal import IntakeCore

extension SplunkDialect {
  /// Polls, sooner at first, until all are confirmed or the time is over. What is true is told once; what is not told
  /// again counts as not delivered and is sent again.
  func confirm(_ receipts: [UInt64], _ client: HTTPClient) async -> (confirmed: Set<UInt64>, failure: Failure?) {
    if receipts.isEmpty, waitsForIndexer { sayWithout(client) }
    var open = Set(receipts)
    let end = TimeSource.monotonic + acknowledgementTimeout
    var pause = Duration.milliseconds(50)
    var last: Failure?
    while !open.isEmpty {
      do throws(Failure) {
        let confirmed = try await ask(open, client)
        open.subtract(confirmed)
        last = nil
      } catch {
        guard case .later = error.recovery, error.code != .stopped else {
          return (Set(receipts).subtracting(open), error)
        }
        last = error
      }
      guard !open.isEmpty else { break }
      guard TimeSource.monotonic < end else { return (Set(receipts).subtracting(open), last ?? notConfirmed(client)) }
      do { try await client.time.sleep(pause) } catch { return (Set(receipts).subtracting(open), .stopped) }
      pause = min(pause * 2, .seconds(5))
    }
    return (Set(receipts), nil)
  }

  private func ask(_ open: Set<UInt64>, _ client: HTTPClient) async throws(Failure) -> Set<UInt64> {
    let ids = open.sorted().map { "\($0)" }.joined(separator: ",")
    let (response, request) = try await client.send(
      .post(.bytes(Array("{\"acks\":[\(ids)]}".utf8))),
      base.appending("services/collector/ack", query: "channel=\(channel)"),
      headers: [("Content-Type", "application/json"), ("X-Splunk-Request-Channel", channel)],
      purpose: "Asking \(client.name) for acknowledgement")
    let answer = try? JSONValue(parsing: response.body)
    if response.status == 400, answer?["code"]?.integer == 14 {
      sayWithout(client)
      return open
    }
    guard response.status == 200 else {
      _ = try StatusMeaning.verdict(response, on: request, now: client.time.now())
      throw StatusMeaning.unreadable(request)
    }
    guard let acks = answer?["acks"]?.members else { throw StatusMeaning.unreadable(request) }
    return Set(acks.compactMap { $0.value.bool == true ? UInt64($0.key) : nil })
  }

  /// Said once: from then on 200 counts.
  func sayWithout(_ client: HTTPClient) {
    guard client.said.isNew("splunk.no_ack") else { return }
    client.log(
      .warning, "sink.splunk.no_ack",
      "The token has no indexer acknowledgement: events count as delivered once the collector has parsed them.",
      [("sink", client.name), ("hint", "Enable it in the token's settings, or set ack=none.")])
  }

  private func notConfirmed(_ client: HTTPClient) -> Failure {
    Failure(
      "sink.splunk.not_indexed", exit: .tryLater,
      "Sending to \(client.name): the indexer has not acknowledged the events within \(acknowledgementTimeout.exactly).",
      hint: "Check the indexers' queues; the batch is sent again, and event_id identifies repeats.",
      recovery: .later(after: nil))
  }

  func check(_ client: HTTPClient) async throws(Failure) -> [SinkFinding] {
    let purpose = "Checking \(client.name)"
    let (health, healthRequest) = try await client.send(
      .get, base.appending("services/collector/health"), purpose: purpose)
    guard health.status == 200 else {
      _ = try StatusMeaning.verdict(health, on: healthRequest, now: Instant(ticks: 0))
      throw StatusMeaning.unreadable(healthRequest)
    }
    // A body without an event is refused for that (code 5) only after the token was accepted.
    let (answer, request) = try await client.send(
      .post(.bytes([])), address, headers: headers, purpose: purpose)
    guard (try? JSONValue(parsing: answer.body))?["code"]?.integer == 5 else {
      _ = try verdict(answer, on: request, count: 0)
      _ = try StatusMeaning.verdict(answer, on: request, now: Instant(ticks: 0))
      throw StatusMeaning.unreadable(request)
    }
    var findings = [SinkFinding("The collector is healthy and accepts the token.")]
    guard waitsForIndexer else { return findings }
    let (acks, _) = try await client.send(
      .post(.bytes(Array(#"{"acks":[0]}"#.utf8))),
      base.appending("services/collector/ack", query: "channel=\(channel)"),
      headers: [("Content-Type", "application/json")], purpose: purpose)
    findings.append(
      acks.status == 200
        ? SinkFinding("Indexer acknowledgement can be asked for.")
        : SinkFinding("The token has no indexer acknowledgement: 200 counts as delivered.", isWarning: true))
    return findings
  }
}
