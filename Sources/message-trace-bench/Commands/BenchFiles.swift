// The files that whole commands are measured with.

internal import Glibc
internal import IntakeCore
internal import Normaliser

/// Generated rows of both services in the forms that users have, in a folder that is removed at the end.
struct BenchFiles {
  /// Makes this program write the files; behind it the folder and the number of rows.
  static let makeArgument = "--files"

  let folder: String
  let rows: Int

  /// The files are written by a process of its own: the peak of this one is the least that a program started later can
  /// show.
  init(rows: Int) throws(Failure) {
    self.init(folder: "/tmp/message-trace-bench-\(getpid())", rows: rows)
    unsafe mkdir(folder, 0o700)
    guard Program.run(["/proc/self/exe", Self.makeArgument, folder, "\(rows)"], output: "/dev/null") else {
      throw Failure("bench.folder", exit: .cannotCreate, "Writing the files with rows to \(folder).")
    }
  }

  private init(folder: String, rows: Int) {
    self.folder = folder
    self.rows = max(5_000, rows / 5_000 * 5_000)
  }

  /// Writes them; what `makeArgument` runs.
  static func make(_ words: [String]) throws(Failure) {
    guard words.count == 3, let rows = Int(words[2]) else { return }
    try BenchFiles(folder: words[1], rows: rows).writeAll()
  }

  private func writeAll() throws(Failure) {
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
