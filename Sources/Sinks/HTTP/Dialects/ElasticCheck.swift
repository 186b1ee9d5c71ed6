// `check` for Elasticsearch and OpenSearch: reachable, signed in, allowed to write, types known. Writes nothing.

internal import HTTPTransport
internal import IntakeCore

extension ElasticDialect {
  func check(_ client: HTTPClient) async throws(Failure) -> [SinkFinding] {
    let purpose = "Checking \(client.name)"
    let (answer, request) = try await client.send(.get, base, purpose: purpose)
    var findings = [try server(answer, request)]
    if let finding = try await privileges(client, purpose) { findings.append(finding) }
    if let finding = try await template(client, purpose) { findings.append(finding) }
    return findings
  }

  private func server(_ response: Response, _ request: Request) throws(Failure) -> SinkFinding {
    if response.status == 403 { return SinkFinding("The server answers and accepts the credential.") }
    guard response.status == 200 else {
      _ = try StatusMeaning.verdict(response, on: request, now: Instant(ticks: 0))
      throw StatusMeaning.unreadable(request)
    }
    guard let version = (try? JSONValue(parsing: response.body))?["version"], let number = version["number"]?.string
    else { throw StatusMeaning.unreadable(request) }
    let product = version["distribution"]?.string == "opensearch" ? "OpenSearch" : "Elasticsearch"
    return SinkFinding("\(product) \(Log.clean(number, limit: 20)) answers and accepts the credential.")
  }

  /// nil where the server cannot be asked: OpenSearch, or security is off.
  private func privileges(_ client: HTTPClient, _ purpose: String) async throws(Failure) -> SinkFinding? {
    let wanted = ["create_doc", "auto_configure"]
    let body = JSONValue.object([
      .init(
        "index",
        .array([
          .object([
            .init("names", .array([.string(pattern)])), .init("privileges", .array(wanted.map { .string($0) })),
          ])
        ]))
    ])
    let (response, request) = try await client.send(
      .post(.bytes(Array(body.text.utf8))), base.appending("_security/user/_has_privileges"),
      headers: [("Content-Type", "application/json")], purpose: purpose)
    guard response.status == 200, let answer = try? JSONValue(parsing: response.body) else { return nil }
    if answer["has_all_requested"]?.bool == true { return SinkFinding("The credential may write to \(pattern).") }
    let held = answer["index"]?[pattern]?.members ?? []
    let missing = wanted.filter { name in !held.contains { $0.key == name && $0.value.bool == true } }
    throw StatusMeaning.refused(
      request, 403, "the credential lacks \(missing.joined(separator: " and ")) on \(pattern)",
      hint: "Add the privileges to the API key's or user's role, on the index pattern \(pattern).")
  }

  private func template(_ client: HTTPClient, _ purpose: String) async throws(Failure) -> SinkFinding? {
    let (response, _) = try await client.send(.get, base.appending("_index_template/message-trace"), purpose: purpose)
    guard response.status == 404 else { return nil }
    return SinkFinding(
      "No index template named message-trace: the types of fields are guessed from the first event. Put what"
        + " `message-trace mapping template elastic` prints to _index_template/message-trace.", isWarning: true)
  }
}
