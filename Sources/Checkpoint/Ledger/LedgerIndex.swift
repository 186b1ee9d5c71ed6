// Where the blocks of a sorted segment stand.

/// The end of a sorted segment: the start of each block of rows inside their windows, in the order of time.
///
///     "MTX2" count:u32 crc32c:u32 zero:u32   count × (start:i64 offset:u64)
struct LedgerIndex: Sendable, Equatable {
  struct Place: Sendable, Equatable {
    /// The earliest time in the block, in seconds since 1970.
    var start: Int64
    /// In the segment.
    var offset: Int
  }

  private static let magic: UInt32 = 0x3258_544D
  private static let headLength = 16

  /// Ascending, by time and by offset.
  let places: [Place]

  init(_ places: [Place]) { self.places = places }

  var bytes: [UInt8] {
    var body: [UInt8] = []
    for place in places {
      body.append(little: place.start)
      body.append(little: UInt64(clamping: place.offset))
    }
    var head: [UInt8] = []
    head.append(little: Self.magic)
    head.append(little: UInt32(clamping: places.count))
    head.append(little: CRC32C.of(body, 0..<body.count))
    head.append(little: UInt32(0))
    return head + body
  }

  /// nil unless it is as it was written.
  init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes, 0..<bytes.count)
    guard reader.number(UInt32.self) == Self.magic, let count = reader.number(UInt32.self),
      let sum = reader.number(UInt32.self), reader.number(UInt32.self) == 0, reader.left == Int(count) * 16,
      sum == CRC32C.of(bytes, Self.headLength..<bytes.count)
    else { return nil }
    var places: [Place] = []
    places.reserveCapacity(Int(count))
    while let start = reader.number(Int64.self), let offset = reader.number(UInt64.self) {
      guard let offset = Int(exactly: offset), places.last.map({ $0.start <= start && $0.offset < offset }) ?? true
      else { return nil }
      places.append(Place(start: start, offset: offset))
    }
    self.places = places
  }

  /// The bytes of all blocks that may hold a time of the span.
  /// - Parameters:
  ///   - precision: of the times, in seconds.
  ///   - end: where the last block ends.
  func bytes(in span: Range<Int64>, precision: Int64, end: Int) -> Range<Int> {
    let from = span.lowerBound - precision
    let first = max(0, (places.firstIndex { $0.start > from } ?? places.count) - 1)
    let last = places[first...].firstIndex { $0.start >= span.upperBound } ?? places.count
    guard first < last else { return 0..<0 }
    return places[first].offset..<(last < places.count ? places[last].offset : end)
  }
}
