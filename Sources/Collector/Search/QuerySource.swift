// Sources that can be asked a question beside the window: the same pages, fewer rows.

internal import HTTPTransport
package import IntakeCore

/// A source that filters, as far as the service can.
package protocol Searching: Source {
  /// True if the service itself filters by this field and value; what it does not must be filtered by the caller.
  func canAsk(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool
  /// As `page(_:after:)`, with the service asked for the rows of one question only. Bounds are inclusive.
  func page(_ window: Window, matching terms: QueryTerms, after cursor: PageCursor?) async throws(Failure) -> Page
  /// How far back questions may reach.
  var searchable: Duration { get }
}

extension GraphSource: Searching {
  /// The draft of 2021 reached back ten days.
  package var searchable: Duration { version == .beta2021 ? .seconds(10 * 86_400) : retention }

  package func canAsk(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool {
    QueryClause.graphCanAsk(field, value, test, version)
  }

  package func page(
    _ window: Window, matching terms: QueryTerms, after cursor: PageCursor?
  ) async throws(Failure) -> Page {
    if version == .beta2021, let id = terms.values[.traceID] { return try await draftMessage(id) }
    return try await search(QueryClause.graph(terms), in: window, after: cursor)
  }

  /// One message of the draft with all its recipients; no row where there is none of that id.
  private func draftMessage(_ id: String) async throws(Failure) -> Page {
    let request = Request(
      .get, draftAddress(id).asking(PercentEncoding.form([("$expand", "recipients")])), headers: Self.headers,
      purpose: "Reading one message trace from Graph")
    guard let body = try await reader.object(request) else { return Page(bytes: [], rows: []) }
    return Page(bytes: body, rows: [0..<body.count])
  }

  /// `messageTraces(id='…')`
  func draftAddress(_ id: String) -> WebAddress {
    collection.address.extended(by: "(id='\(PercentEncoding.encode(id))')")
  }
}

extension ReportingSource: Searching {
  package var searchable: Duration { retention }

  package func canAsk(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool {
    QueryClause.reportingCanAsk(field, value)
  }

  package func page(
    _ window: Window, matching terms: QueryTerms, after cursor: PageCursor?
  ) async throws(Failure) -> Page {
    try await read(traces, QueryClause.reporting(terms), window, cursor, order: .newestFirst)
  }
}

extension WebAddress {
  /// This address with its last path segment made longer and no query; nil cannot happen for a text that is a path's.
  func extended(by text: String) -> WebAddress { WebAddress(origin.text + path + text) ?? self }
}

extension Reader {
  /// One JSON object that is no list; nil where the service knows none (404). A refused token is replaced once.
  func object(_ request: Request) async throws(Failure) -> [UInt8]? {
    var request = request
    request.authorization = try await signIn.authorization()
    do {
      return try await sendForObject(request)
    } catch {
      guard error.code == .unauthorized, await signIn.refused() else { throw error }
      request.authorization = try await signIn.authorization()
      return try await sendForObject(request)
    }
  }

  private func sendForObject(_ request: Request) async throws(Failure) -> [UInt8]? {
    try await transport.send(request) { (response) throws(Failure) in
      let isMissing = response.status == 404 && (try? JSONValue(parsing: response.body))?["error"] != nil
      guard !isMissing else { return nil }
      guard response.status == 200 else {
        throw StatusReading(service: reading.service, isContinued: false)
          .failure(response, request, now: time.now()).naming(request, response)
      }
      guard QueryColumns(QueryColumns.compact(response.body, 0..<response.body.count)) != nil else {
        throw .malformed(request, "it is no JSON object")
      }
      return response.body
    }
  }
}
