// Times as coarse as the horizon needs them.

internal import IntakeCore

/// A received time: 6 hours a unit from 2020 to 2064, saturating at both ends. Segments of the first format keep one
/// beside each identity.
struct Age: Sendable, Comparable {
  /// 1 to 65535.
  let unit: UInt16

  static let last = Age(unit: .max)
  /// Seconds of a unit.
  static let precision: Int64 = 6 * 3_600
  private static let base: Int64 = 1_577_836_800

  init(unit: UInt16) { self.unit = unit }

  init(_ instant: Instant) {
    let units = (instant.wholeSeconds - Self.base) / Self.precision
    unit = UInt16(clamping: max(0, min(units, 65_534)) + 1)
  }

  /// The first second of the unit, since 1970.
  var seconds: Int64 { Self.base + (Int64(max(unit, 1)) - 1) * Self.precision }

  /// The first instant of the unit.
  var start: Instant { Instant(seconds: seconds) }

  static func < (left: Age, right: Age) -> Bool { left.unit < right.unit }
}
