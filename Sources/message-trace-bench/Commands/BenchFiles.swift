// The files that whole commands are measured with.

internal import Glibc
internal import IntakeCore
internal import Normaliser

/// Generated rows of both services in the forms that users have, in a folder that is removed at the end.
struct BenchFiles {
  let folder: String
  let rows: Int
  /// One million events at most: they take 1.4 kB each.
  var eventRows: Int { rows }

  init(rows: Int) throws(Failure) {
    self.rows = max(5_000, rows / 5_000 * 5_000)
    folder = "/tmp/message-trace-bench-\(getpid())"
    unsafe mkdir(folder, 0o700)
    for name in ["graph", "reporting"] {
      let whole = try NormaliserBenchmark(mapping: try Bench.mapping(name), rowsInPage: self.rows)
      try write(whole.lines, "\(name).ndjson")
      for page in 0..<(self.rows / 5_000) { try write(whole.answer(page * 5_000, 5_000), "\(name)-\(page).json") }
      if name == "reporting" { try write(whole.table, "export.csv") }
    }
    let sample = try NormaliserBenchmark(mapping: try Bench.mapping("graph"), rowsInPage: 1_000)
    try write(sample.document, "sample.json")
    try write(sample.lines, "sample.ndjson")
    let page = try NormaliserBenchmark(mapping: try Bench.mapping("graph"), rowsInPage: 20_000)
    try write(page.document, "page.json")
    try write(page.lines, "page.ndjson")
  }

  func remove() { Program.remove(folder) }

  func callAsFunction(_ name: String) -> String { "\(folder)/\(name)" }

  /// The page files of a service.
  func pages(_ service: String) -> [String] { (0..<(rows / 5_000)).map { self("\(service)-\($0).json") } }

  func size(_ paths: [String]) -> Int {
    paths.reduce(0) { sum, path in
      var status = stat()
      return sum + (unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0)
    }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(Failure) {
    guard Program.write(bytes, to: self(name)) else {
      throw Failure("bench.folder", exit: .cannotCreate, "Writing \(name) to \(folder).")
    }
  }
}
