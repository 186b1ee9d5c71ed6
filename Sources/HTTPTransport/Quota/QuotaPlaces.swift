// Where a count of requests is kept.

package import IntakeCore

/// The state's own place first, then those that are shared with other states; none keeps the count in memory.
package struct QuotaPlaces: Sendable, ExpressibleByArrayLiteral {
  /// Of a state that is no directory: its document of this name comes before all files.
  package var documents: (any StateDocuments)?
  package var name: String
  package var files: [String]

  package init(
    documents: (any StateDocuments)? = nil, name: String = DocumentName.quota, files: [String] = []
  ) {
    self.documents = documents
    self.name = name
    self.files = files
  }

  package init(arrayLiteral files: String...) { self.init(files: files) }

  /// The requests that are counted now; nil if none was ever counted.
  package func usage(limit: QuotaLimit, now: Instant) -> QuotaUsage? {
    let document = documents.flatMap { try? $0.read(name) }.map {
      QuotaUsage(QuotaUsage.stamps($0[...]), limit: limit, now: now)
    }
    let usages = files.compactMap { QuotaUsage(file: $0, limit: limit, now: now) }
    return (usages + [document].compactMap { $0 }).max { $0.used < $1.used }
  }
}
