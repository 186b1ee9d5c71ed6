// Sources that can be queried by more than the window.

package import IntakeCore

/// A source that filters, as far as the service can.
package protocol Searching: Source {
  /// True if the service itself filters by this field and value; what it does not must be filtered by the caller.
  func canFilter(_ field: QueryFilter.Field, _ value: String, _ test: QueryFilter.SubjectTest) -> Bool
  /// As `page(_:after:)`, with the service asked for the rows of one question only. Bounds are inclusive.
  func page(_ window: Window, matching terms: QueryTerms, after cursor: PageCursor?) async throws(Failure) -> Page
  /// How far back questions may reach.
  var searchable: Duration { get }
}
