// Random numbers of a tenant: the same on every machine and in every run.

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct KeyedRandom: Sendable {
  private var state: UInt64

  /// One stream for each triple: two that differ anywhere give unrelated numbers.
  init(_ first: UInt64, _ second: UInt64 = 0, _ third: UInt64 = 0) {
    state = Self.mix(first &+ Self.gamma)
    state = Self.mix(state &+ Self.gamma ^ second)
    state = Self.mix(state &+ Self.gamma ^ third)
  }

  mutating func next() -> UInt64 {
    state &+= Self.gamma
    return Self.mix(state)
  }

  /// 0 up to, not including, `bound`; 0 for a bound below 1.
  mutating func below(_ bound: Int64) -> Int64 {
    guard bound > 0 else { return 0 }
    return Int64(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  mutating func below(_ bound: Int) -> Int { Int(below(Int64(bound))) }

  /// True with this probability; draws one number in any case.
  mutating func chance(_ share: Double) -> Bool { Double(next() >> 11) * 0x1p-53 < share }

  static func mix(_ word: UInt64) -> UInt64 {
    var mixed = word
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  private static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15
}
