// Searches in Graph.

internal import HTTPTransport
package import IntakeCore

extension GraphSource: Searching {
  /// The draft of 2021 reached back ten days.
  package var searchable: Duration { version == .beta2021 ? .seconds(10 * 86_400) : retention }

  package func canFilter(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool {
    GraphFilter.canFilter(field, value, test, version)
  }

  package func page(
    _ window: Window, matching terms: QueryTerms, after cursor: PageCursor?
  ) async throws(Failure) -> Page {
    if version == .beta2021, let id = terms.values[.traceID] { return try await draftMessage(id) }
    let recipients = version == .beta2021 && GraphFilter.canList(terms.recipients) ? terms.recipients : []
    let page = try await search(
      GraphFilter.clauses(terms), in: window, after: cursor, recipients: recipients,
      top: terms.most.map { min($0, pageSize) })
    // Where no more rows are wanted than the page has, a missing next link hides nothing.
    if terms.most.map({ page.rows.count < $0 }) ?? true { try checkWhole(page, window) }
    return page
  }

  /// One message of the draft with all its recipients; no row where there is none of that id.
  private func draftMessage(_ id: String) async throws(Failure) -> Page {
    let request = Request(
      .get, draftAddress(id).withQuery(PercentEncoding.form([("$expand", "recipients")])), headers: Self.headers,
      purpose: "Reading one message trace from Graph")
    guard let body = try await client.object(request) else { return Page(bytes: [], rows: []) }
    return Page(bytes: body, rows: [0..<body.count])
  }

  /// `messageTraces(id='…')`
  func draftAddress(_ id: String) -> WebAddress {
    endpoint.address.extended(by: "(id='\(PercentEncoding.encode(id))')")
  }
}

extension WebAddress {
  /// This address with its last path segment made longer and no query; nil cannot happen for a text that is a path's.
  func extended(by text: String) -> WebAddress { WebAddress(origin.text + path + text) ?? self }
}
