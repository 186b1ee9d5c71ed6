// Searches in the legacy service.

package import IntakeCore

extension ReportingSource: Searching {
  package var searchable: Duration { retention }

  package func canFilter(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool {
    ReportingFilter.canFilter(field, value)
  }

  package func page(
    _ window: Window, matching terms: QueryTerms, after cursor: PageCursor?
  ) async throws(Failure) -> Page {
    try await read(traces, ReportingFilter.clauses(terms), window, cursor, order: .newestFirst, most: terms.most)
  }
}
