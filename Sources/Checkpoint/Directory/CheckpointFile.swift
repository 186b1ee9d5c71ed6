// checkpoint.json: one line of JSON, replaced as a whole by one rename.
//
//     v        version of the format: 2; a higher one is refused
//     source   the tenant
//     seq      the last committed journal entry
//     cursors  name to time: how far live collection and each revisit have read
//     sinks    name to {seq, dev, ino, offset, tail, met}: the last acknowledged entry, for files the place behind it, and for
//              receivers without answers what is known of them (SinkPosition.Contact)
//     seen     of each ledger segment [number, length in bytes, identities, earliest and latest time and precision in
//              seconds], and of a sorted one where its outside blocks and its other blocks end; version 1: [number, length, newest age]
//     horizon  the age before which live collection and revisits do not look
//     crc32c   CRC-32C of everything before this member, eight hexadecimal digits

internal import Glibc
internal import IntakeCore

/// The content of the file: the checkpoint, its tenant, and the segments of the ledger on disk.
struct StoredCheckpoint: Sendable, Equatable {
  /// The tenant; state of another one is refused.
  var tenant: String
  var checkpoint: Checkpoint
  var segments: [LedgerSegment] = []
  /// Neither live collection nor a revisit sees older rows: what opening need not load.
  var horizon = Age(unit: 1)

  enum Unreadable: Error, Equatable {
    case corrupt
    case newer
  }

  private static let version: Int64 = 2
  private static let sumKey = ",\"crc32c\":\""

  /// One line with its LF.
  var bytes: [UInt8] {
    let cursors = checkpoint.cursors.sorted { $0.key < $1.key }
    let sinks = checkpoint.sinks.sorted { $0.key < $1.key }
    let members: [JSONValue.Member] = [
      .init("v", .number("\(Self.version)")),
      .init("source", .string(tenant)),
      .init("seq", .number("\(checkpoint.sequence)")),
      .init("cursors", .object(cursors.map { .init($0.key, .string(Timestamp.exactText($0.value))) })),
      .init("sinks", .object(sinks.map { .init($0.key, Self.json($0.value)) })),
      .init("seen", .array(segments.map(Self.json))),
      .init("horizon", .number("\(horizon.unit)")),
      .init("open", .array(checkpoint.openSpans.map(Self.json))),
    ]
    var line: [UInt8] = []
    JSONValue.object(members).append(to: &line)
    line.removeLast()
    let sum = CRC32C.of(line, 0..<line.count)
    line.append(contentsOf: Array("\(Self.sumKey)\(sum.hex)\"}\n".utf8))
    return line
  }

  init(
    tenant: String, checkpoint: Checkpoint, segments: [LedgerSegment] = [], horizon: Age = Age(unit: 1)
  ) {
    self.tenant = tenant
    self.horizon = horizon
    self.checkpoint = checkpoint
    self.segments = segments
  }

  init(_ line: [UInt8]) throws(Unreadable) {
    let tail = Self.sumKey.utf8.count + 11
    guard line.count > tail else { throw .corrupt }
    let content = line.count - tail
    let sum = CRC32C.of(line, 0..<content)
    guard Array(line[content...]) == Array("\(Self.sumKey)\(sum.hex)\"}\n".utf8),
      let json = try? JSONValue(parsing: line), let version = json["v"]?.integer
    else { throw .corrupt }
    guard version <= Self.version else { throw .newer }
    guard let tenant = json["source"]?.string, let sequence = Self.natural(json["seq"]),
      let cursors = Self.cursors(json["cursors"]), let sinks = Self.sinks(json["sinks"]),
      let segments = Self.segments(json["seen"], version: version)
    else { throw .corrupt }
    self.tenant = tenant
    self.segments = segments
    // Both came later than version 1 began; without them everything is loaded.
    horizon = Age(unit: UInt16(clamping: max(1, json["horizon"]?.integer ?? 1)))
    checkpoint = Checkpoint(sequence: sequence, cursors: cursors, sinks: sinks)
    // Later still: without it nothing is open.
    checkpoint.openSpans = try Self.openSpans(json["open"])
  }

  private static func json(_ span: OpenSpan) -> JSONValue {
    let instants = [span.window.start, span.window.end, span.opened, span.tried]
    return .array(instants.map { .string(Timestamp.exactText($0)) })
  }

  private static func openSpans(_ value: JSONValue?) throws(Unreadable) -> [OpenSpan] {
    var spans: [OpenSpan] = []
    for span in value?.array ?? [] {
      let instants = (span.array ?? []).compactMap { $0.string.flatMap(Timestamp.parse) }
      guard instants.count == 4 else { throw .corrupt }
      let window = Window(start: instants[0], end: instants[1])
      spans.append(OpenSpan(window: window, opened: instants[2], tried: instants[3]))
    }
    return spans
  }

  private static func json(_ segment: LedgerSegment) -> JSONValue {
    var numbers = [Int64(segment.length), Int64(segment.count), segment.oldest, segment.newest, segment.precision]
    if case .sorted(let outside, let index) = segment.kind { numbers += [Int64(outside), Int64(index)] }
    return .array([.number("\(segment.number)")] + numbers.map { .number("\($0)") })
  }

  private static func json(_ position: SinkPosition) -> JSONValue {
    var members: [JSONValue.Member] = [.init("seq", .number("\(position.sequence)"))]
    if let file = position.file {
      members.append(.init("dev", .number("\(file.device)")))
      members.append(.init("ino", .number("\(file.inode)")))
      members.append(.init("offset", .number("\(file.offset)")))
      members.append(.init("tail", .number("\(file.tail)")))
    }
    if let contact = position.contact { members.append(.init("met", .number("\(contact.rawValue)"))) }
    return .object(members)
  }

  private static func cursors(_ value: JSONValue?) -> [String: Instant]? {
    var cursors: [String: Instant] = [:]
    guard let members = value?.members else { return nil }
    for member in members {
      guard let instant = member.value.string.flatMap(Timestamp.parse) else { return nil }
      cursors[member.key] = instant
    }
    return cursors
  }

  private static func sinks(_ value: JSONValue?) -> [String: SinkPosition]? {
    var sinks: [String: SinkPosition] = [:]
    guard let members = value?.members else { return nil }
    for member in members {
      guard let sequence = natural(member.value["seq"]) else { return nil }
      var position = SinkPosition(sequence: sequence)
      position.contact = member.value["met"]?.integer.flatMap(SinkPosition.Contact.init)
      if let device = natural(member.value["dev"]), let inode = natural(member.value["ino"]),
        let offset = member.value["offset"]?.integer
      {
        let tail = natural(member.value["tail"]) ?? 0
        position.file = FilePosition(device: device, inode: inode, offset: offset, tail: tail)
      }
      sinks[member.key] = position
    }
    return sinks
  }

  private static func segments(_ value: JSONValue?, version: Int64) -> [LedgerSegment]? {
    guard let values = value?.array else { return nil }
    let segments = values.compactMap { version == 1 ? firstSegment($0) : segment($0) }
    return segments.count == values.count ? segments : nil
  }

  private static func segment(_ value: JSONValue) -> LedgerSegment? {
    let parts = value.array ?? []
    let numbers = parts.dropFirst().compactMap(\.integer)
    guard let number = natural(parts.first), numbers.count == 5 || numbers.count == 7,
      numbers.count == parts.count - 1, let length = Int(exactly: numbers[0]), length >= 0,
      let count = Int(exactly: numbers[1]), 0...length ~= count, numbers[4] > 0
    else { return nil }
    var kind = LedgerSegment.Kind.log
    if numbers.count == 7 {
      guard 0 <= numbers[5], numbers[5] <= numbers[6], numbers[6] <= numbers[0] else { return nil }
      kind = .sorted(outside: Int(numbers[5]), index: Int(numbers[6]))
    }
    return LedgerSegment(
      number: number, length: length, kind: kind, count: count, oldest: numbers[2], newest: numbers[3],
      precision: numbers[4])
  }

  /// Of the format before: the newest age, which is not needed any more, may be missing.
  private static func firstSegment(_ value: JSONValue) -> LedgerSegment? {
    guard let parts = value.array, parts.count == 2 || parts.count == 3, let number = natural(parts[0]),
      let length = natural(parts[1])
    else { return nil }
    let bytes = Int(clamping: length)
    return LedgerSegment(number: number, length: bytes, kind: .first, count: bytes / LedgerSlot.length)
  }

  private static func natural(_ value: JSONValue?) -> UInt64? {
    guard case .number(let text) = value else { return nil }
    return UInt64(text)
  }
}

/// The file itself: read whole, replaced whole.
enum CheckpointFile {
  static let name = "checkpoint.json"
  private static let temporary = "checkpoint.json.tmp"

  /// Removes what an interrupted replacement left; nil where there is no checkpoint yet.
  static func read(_ directory: Descriptor, files: FileCalls) throws(FileFault) -> [UInt8]? {
    try files.remove(temporary, in: directory)
    guard let status = try files.status(name, in: directory) else { return nil }
    let file = try files.open(name, in: directory, O_RDONLY)
    return try files.read(file, at: 0, count: Int(clamping: min(status.size, 64 << 20)))
  }

  /// The step commit: temporary file written, synced, renamed over the old one, directory synced.
  static func replace(_ bytes: [UInt8], in directory: Descriptor, files: FileCalls) throws(FileFault) {
    try AtomicFile.replaceDurably(name, in: directory, with: bytes, files: files)
  }
}
