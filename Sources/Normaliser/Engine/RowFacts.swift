// What is known of a row before its event is written.

internal import IntakeCore

/// Properties of the row beside its slots.
struct RowFacts {
  var span: Range<Int>
  var identity = Identity(high: 0, low: 0)
  /// nil if the row has no time that can be read.
  var received: Instant?
  /// In the scratch memory.
  var statusStart = 0
  var statusEnd = 0
  /// The status as a quoted text in the pool; empty if no lookup contains it.
  var status = PoolSlice()
  /// Why the row could not be mapped.
  var fault: RowFault?
  /// True for such a row that is valid JSON all the same.
  var isWhole = false
}
