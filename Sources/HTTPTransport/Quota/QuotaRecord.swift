// The file of a quota: one line a request, one line a service that has asked for a pause.

internal import IntakeCore

/// What a quota keeps. A request is its time in ticks; a pause is `until`, the service and the ticks.
struct QuotaRecord: Sendable, Equatable {
  var stamps: [Instant] = []
  /// By service: no request before this instant.
  var pauses: [String: Instant] = [:]

  private static let pauseMark = "until"

  init() {}

  /// Lines that are neither are ignored.
  init(_ bytes: ArraySlice<UInt8>) {
    for line in bytes.split(separator: 0x0A) {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      guard let instant = words.last.flatMap({ Int64($0) }).map(Instant.init(ticks:)) else { continue }
      if words.count == 1 { stamps.append(instant) }
      if words.count == 3, words[0] == Self.pauseMark { pauses[String(words[1])] = instant }
    }
  }

  var bytes: [UInt8] {
    let requests = stamps.map { "\($0.ticks)\n" }
    let marks = pauses.sorted { $0.key < $1.key }.map { "\(Self.pauseMark) \($0.key) \($0.value.ticks)\n" }
    return Array((requests + marks).joined().utf8)
  }
}
