// Measures mapping alone: generated pages of both services, mapped in memory.

internal import Glibc
internal import IntakeCore
internal import Normaliser

/// Measures one mapping over generated pages; `bench` prints what it gives.
struct NormaliserBenchmark: Sendable {
  /// What one run took.
  struct Result: Sendable {
    var rows: Int
    var bytesIn: Int
    var bytesOut: Int
    var seconds: Double
    /// Of the whole process, in KiB (`VmHWM`); 0 where the system does not say.
    var peakKiB: Int

    var eventsPerSecond: Double { Double(rows) / max(seconds, 1e-9) }
    /// Of rows read, in units of a million bytes.
    var megabytesPerSecond: Double { Double(bytesIn) / max(seconds, 1e-9) / 1e6 }
  }

  /// What is done with each row.
  enum Depth: String, Sendable, CaseIterable {
    /// Rows found in the answer.
    case envelope
    /// Columns found in the rows.
    case scan
    /// The identity made and found in the ledger: what a revisit costs.
    case known
    /// The whole event.
    case map
  }

  private let normaliser: RowNormaliser
  private let page: Page

  /// - Parameters:
  ///   - mapping: `reporting` or `graph`; decides the shape of the rows.
  ///   - rowsInPage: as a service would answer.
  init(mapping: Mapping, rowsInPage: Int = 5_000) throws(Failure) {
    let settings = NormaliserSettings(tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"])
    normaliser = try RowNormaliser(mapping: mapping, settings: settings)
    // Rows come newest first, so neighbours nearly always share their day.
    let isGraph = mapping.provider == "graph"
    var bytes = Array("{\"value\":[".utf8)
    var rows: [Range<Int>] = []
    for number in 0..<rowsInPage {
      if number > 0 { bytes.append(0x2C) }
      let start = bytes.count
      bytes.append(contentsOf: Array((isGraph ? Self.graphRow(number) : Self.reportingRow(number)).utf8))
      rows.append(start..<bytes.count)
    }
    bytes.append(contentsOf: Array("]}".utf8))
    page = Page(bytes: bytes, rows: rows)
  }

  /// The generated page as a service would answer it.
  var document: [UInt8] { page.bytes }

  /// Rows of one generated page.
  var rowsInPage: Int { page.rows.count }

  /// The rows, each on a line.
  var lines: [UInt8] {
    var lines: [UInt8] = []
    lines.reserveCapacity(page.bytes.count)
    for row in page.rows { lines += page.bytes[row] + [0x0A] }
    return lines
  }

  /// Some rows as a service would answer them.
  func answer(_ first: Int, _ count: Int) -> [UInt8] {
    let rows = page.rows[first..<min(first + count, page.rows.count)]
    guard let start = rows.first?.lowerBound, let end = rows.last?.upperBound else {
      return Array("{\"value\":[]}".utf8)
    }
    return Array("{\"value\":[".utf8) + page.bytes[start..<end] + Array("]}".utf8)
  }

  /// Rows of the legacy service as `Export-Csv` writes them.
  var table: [UInt8] {
    var text =
      "\"MessageTraceId\",\"SenderAddress\",\"RecipientAddress\",\"MessageId\",\"Received\",\"Subject\",\"Status\",\"Size\",\"FromIP\"\n"
    for number in 0..<rowsInPage {
      text += "\"\(Self.identifier(number))\",\"sender\(number % 997)@mail\(number % 31).example\","
      text += "\"user\(number % 613)@contoso.com\",\"<\(number)d9683b4c127b@mail.example>\","
      text += "\"2026-01-\(25 - number / 4_000 % 16)T10:\(10 + number % 50):30.\(1_000_000 + number)\","
      text += "\"Quarterly report\",\"Delivered\",\"\(1_000 + number)\",\"203.0.113.\(number % 256)\"\n"
    }
    return Array(text.utf8)
  }

  /// The page's events, as a sink gets them.
  func batch() -> Batch {
    var batch = Batch()
    var ledger = UniformLedger(isNew: true)
    normaliser.normalise(page, created: Self.created, into: &batch, ledger: &ledger)
    return batch
  }

  /// When the rows were read.
  static let created = Instant(seconds: 1_790_000_000)

  /// Works through the page until at least `rows` rows are done.
  func run(_ depth: Depth, rows: Int) -> Result {
    var batch = Batch()
    var done = 0
    var bytesOut = 0
    let clock = ContinuousClock()
    let start = clock.now
    while done < rows {
      switch depth {
      case .envelope: done += (try? Envelope(page.bytes)).flatMap { $0?.rows.count } ?? page.rows.count
      case .scan: done += normaliser.scan(page) > 0 ? page.rows.count : 0
      case .known:
        var ledger = UniformLedger(isNew: false)
        batch.clear()
        normaliser.normalise(page, created: Self.created, into: &batch, ledger: &ledger)
        done += page.rows.count
      case .map:
        var ledger = UniformLedger(isNew: true)
        batch.clear()
        normaliser.normalise(page, created: Self.created, into: &batch, ledger: &ledger)
        done += page.rows.count
        bytesOut += batch.bytes.count
      }
    }
    let seconds = (clock.now - start).inSeconds
    return Result(
      rows: done, bytesIn: done / page.rows.count * page.bytes.count, bytesOut: bytesOut, seconds: seconds,
      peakKiB: Self.peakKiB())
  }

  private static func graphRow(_ number: Int) -> String {
    """
    {"id":"\(identifier(number))","senderAddress":"sender\(number % 997)@mail\(number % 31).example",\
    "recipientAddress":"user\(number % 613)@contoso.com","messageId":"<\(number)d9683b4c127b@mail.example>",\
    "receivedDateTime":"2026-01-\(25 - number / 4_000 % 16)T10:\(10 + number % 50):30.\(100 + number % 900)Z",\
    "subject":"Quarterly report number \(number)","size":\(1_000 + number),"fromIP":"203.0.113.\(number % 256)",\
    "toIP":"","status":"delivered"}
    """
  }

  private static func reportingRow(_ number: Int) -> String {
    """
    {"Organization":"contoso.onmicrosoft.com","MessageId":"<\(number)d9683b4c127b@mail.example>",\
    "Received":"2026-01-\(25 - number / 4_000 % 16)T10:\(10 + number % 50):30.\(1_000_000 + number)",\
    "SenderAddress":"sender\(number % 997)@mail\(number % 31).example",\
    "RecipientAddress":"user\(number % 613)@contoso.com","Subject":"Quarterly report","Status":"Delivered",\
    "ToIP":null,"FromIP":"203.0.113.\(number % 256)","Size":\(1_000 + number),\
    "MessageTraceId":"\(identifier(number))","StartDate":"2026-01-10T10:00:00Z","EndDate":"2026-01-10T11:00:00Z",\
    "Index":\(number)}
    """
  }

  private static func identifier(_ number: Int) -> String { "4451a062-48cb-e80d-e8c0-\(100_000_000_000 + number)" }

  private static func peakKiB() -> Int {
    guard let bytes = readStatus() else { return 0 }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0
  }

  private static func readStatus() -> [UInt8]? {
    let descriptor = unsafe open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 8_192)
    let count = unsafe read(descriptor, &buffer, buffer.count)
    return count > 0 ? Array(buffer[0..<count]) : nil
  }
}

/// A ledger with one answer.
private struct UniformLedger: Ledger {
  let isNew: Bool
  mutating func insert(_ identity: Identity, received: Instant) -> Bool { isNew }
}
