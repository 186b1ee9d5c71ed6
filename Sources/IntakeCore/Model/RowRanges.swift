// Where the rows of a page stand. A page may have two million of them: 8 bytes each instead of the 16 of a range.

/// The ranges of the rows of a page, in its bytes, in order.
///
/// Places beyond 4 GiB, which no page reaches, become empty ranges: such a row cannot be mapped and leaves as an error event.
package struct RowRanges: RandomAccessCollection, ExpressibleByArrayLiteral, Sendable, Equatable {
  @usableFromInline
  struct Place: Sendable, Equatable {
    @usableFromInline var start: UInt32
    @usableFromInline var end: UInt32

    @inlinable
    init(_ range: Range<Int>) {
      start = UInt32(clamping: range.lowerBound)
      end = UInt32(clamping: range.upperBound)
    }
  }

  @usableFromInline var places: [Place] = []

  package init() {}

  package init(_ ranges: some Sequence<Range<Int>>) { places = ranges.map(Place.init) }

  package init(arrayLiteral ranges: Range<Int>...) { self.init(ranges) }

  package mutating func append(_ range: Range<Int>) { places.append(Place(range)) }

  @inlinable package var startIndex: Int { 0 }
  @inlinable package var endIndex: Int { places.count }

  @inlinable
  package subscript(index: Int) -> Range<Int> {
    let place = places[index]
    return Int(place.start)..<Int(place.end)
  }
}
