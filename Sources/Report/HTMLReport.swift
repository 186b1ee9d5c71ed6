// Builds one self-contained HTML file from events.

package import IntakeCore

/// What is put into a page and how.
package struct ReportOptions: Sendable {
  /// nil: the name of the tenant.
  package var title: String?
  /// Bars of each picture of the most frequent.
  package var top: Int
  package var made: Instant

  package init(title: String? = nil, top: Int = 10, made: Instant) {
    self.title = title
    self.top = top
    self.made = made
  }
}

/// One report: files are read, then the page is made. Memory is bounded, whatever the files hold.
package struct HTMLReport {
  private let options: ReportOptions
  private var figures: Figures
  private var health: [CollectorHealth] = []

  package init(_ options: ReportOptions) {
    self.options = options
    figures = Figures(newestFailures: options.top)
  }

  /// Lines read so far, those of them that are no JSON objects, and objects that are no events of the profiles ecs,
  /// sekoia, cim and udm-flat.
  package var lines: (all: Int, invalid: Int, foreign: Int) { (figures.lines, figures.invalid, figures.foreign) }

  /// Counts the events of an NDJSON file; `-` is standard input. Throws where the file cannot be read: what a line
  /// holds never stops it.
  package mutating func read(_ path: String) throws(Failure) {
    var reader = try LineReader(path)
    try reader.eachLine { line, ending in figures.take(line, isWhole: ending != .tooLong) }
  }

  /// Adds the state of a collector: one object of `status --format json`.
  package mutating func add(status: JSONValue) { health.append(CollectorHealth(status)) }

  /// The page: HTML 5 that is well-formed XML too, UTF-8, nothing loaded from elsewhere, no script.
  package func page() -> [UInt8] { ReportPage(options: options, figures: figures, health: health).bytes() }
}
