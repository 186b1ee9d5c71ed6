// Malformed input: the scanner against Foundation's reader, and damaged rows between whole ones. Bounded here;
// `MESSAGE_TRACE_FUZZ=1000000 swift test --filter Fuzz` runs as many inputs as one likes.

import Foundation
import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Fuzz")
struct FuzzTests {
  static let count = ProcessInfo.processInfo.environment["MESSAGE_TRACE_FUZZ"].flatMap { Int($0) } ?? 1_000
  static let seeds: [[UInt8]] = GoldenCase.all.filter { $0.file.hasSuffix(".json") && !$0.stem.contains("too-long") }
    .compactMap { golden in golden.bytes(golden.file) }.filter { $0.count < 6_000 }

  static func damaged(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = bytes
    let pieces = [
      "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "\\ud800", "0", "-", "1e", "null", "\u{0}", "é", "\\/",
    ]
    for _ in 0...random.below(4) {
      let at = random.below(bytes.count)
      switch random.below(6) {
      case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
      case 1 where !bytes.isEmpty: bytes.remove(at: at)
      case 2 where !bytes.isEmpty: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 3: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: at)
      case 4 where bytes.count > 2: bytes.removeSubrange(at..<min(bytes.count, at + random.below(20)))
      default: bytes += bytes.prefix(random.below(40))
      }
    }
    return bytes
  }

  @Test("the scanner and JSONSerialization agree on what is JSON, but where ours is known to differ")
  func differential() throws {
    var random = SeededRandom(seed: 1)
    var accepted = 0
    for number in 0..<Self.count {
      var bytes = random.pick(Self.seeds)
      if number % 4 != 0 { bytes = Self.damaged(bytes, &random) }
      guard !Self.differsKnowingly(bytes) else { continue }
      let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      let span = unsafe bytes.span.bytes
      var index = 0
      span.skipSpace(&index)
      var isWhole = true
      do throws(JSONFault) { try span.skipValue(&index) } catch {
        guard error.reason != .tooDeep else { continue }
        isWhole = false
      }
      span.skipSpace(&index)
      let ours = isWhole && index == bytes.count
      #expect(ours == (theirs != nil), "\(String(decoding: bytes, as: UTF8.self))")
      guard ours, let theirs, let value = try? JSONValue(parsing: bytes) else { continue }
      accepted += 1
      #expect(Self.isSame(value, theirs), "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(accepted > Self.count / 20)
  }

  /// Foundation refuses a page for one lone surrogate, raw control character, byte that is not UTF-8 or huge number,
  /// and takes trailing commas, other encodings and escapes that a strict reader of structure leaves to the mapping.
  private static func differsKnowingly(_ bytes: [UInt8]) -> Bool {
    let text = String(validating: bytes, as: UTF8.self)
    guard let text, !bytes.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) else { return true }
    guard !text.contains("\u{FEFF}"), !bytes.prefix(4).contains(0) else { return true }
    var index = 0
    let span = unsafe bytes.span.bytes
    while index < bytes.count {
      switch bytes[index] {
      case 0x22:
        let start = index + 1
        guard let flags = try? span.skipString(&index) else { return false }
        guard !flags.contains(.control) else { return true }
        guard let findings = try? Text.inspect(span, start, index - 1) else { return true }
        if findings.flags.contains(.loneSurrogate) { return true }
      case 0x2C:
        index += 1
        span.skipSpace(&index)
        if index < bytes.count, bytes[index] == 0x5D || bytes[index] == 0x7D { return true }
      case 0x65, 0x45: return true
      default: index += 1
      }
    }
    return false
  }

  private static func isSame(_ ours: JSONValue, _ theirs: Any) -> Bool {
    switch ours {
    case .null: theirs is NSNull
    case .bool(let value): (theirs as? Bool) == value
    case .number(let text):
      (theirs as? NSNumber).map { abs($0.doubleValue - (Double(text) ?? .nan)) <= 1e-9 * max(1, abs($0.doubleValue)) }
        ?? false
    case .string(let text): (theirs as? String).map { Array($0.utf8) == Array(text.utf8) } ?? false
    case .array(let values):
      (theirs as? [Any]).map { $0.count == values.count && zip(values, $0).allSatisfy { isSame($0, $1) } } ?? false
    case .object(let members):
      (theirs as? [String: Any]).map { theirs in
        theirs.count <= members.count
          && members.allSatisfy { member in theirs[member.key].map { isSame(member.value, $0) } ?? false }
      } ?? false
    }
  }

  @Test(
    "a damaged row leaves as one event or an error event, and its neighbours as they are",
    arguments: ["graph", "reporting", "graph-2021", "graph-detail", "cim"])
  func damagedRow(_ mapping: String) throws {
    let settings = NormaliserSettings(
      tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"], keepOriginal: true)
    let normaliser = try RowNormaliser(mapping: try TestInput.mapping(mapping), settings: settings)
    var random = SeededRandom(seed: 2)
    let good = Array(SameEventTests.graph(SameEventTests.mail(&random), &random).utf8)
    var batch = Batch()
    normaliser.normalise(
      Page(bytes: good, rows: [0..<good.count]), created: TestInput.created, into: &batch, ledger: &Self.open)
    let expected = batch.bytes
    for _ in 0..<(Self.count / 5) {
      let mail = SameEventTests.mail(&random)
      let row = random.chance(50) ? SameEventTests.graph(mail, &random) : SameEventTests.reporting(mail, &random)
      let bad = Self.damaged(random.chance(30) ? random.pick(Self.seeds) : Array(row.utf8), &random)
      let bytes = good + bad + good
      let rows = [0..<good.count, good.count..<(good.count + bad.count), (good.count + bad.count)..<bytes.count]
      batch.clear()
      normaliser.normalise(Page(bytes: bytes, rows: rows), created: TestInput.created, into: &batch, ledger: &Self.open)
      #expect(batch.entries.count == batch.rows - batch.duplicates && batch.rows >= 3)
      let lines = TestInput.lines(batch)
      #expect(lines.first == expected && lines.last == expected)
      for line in lines where !Self.isWellFormed(line) {
        Issue.record("\(String(decoding: bad, as: UTF8.self)) gave \(String(decoding: line, as: UTF8.self))")
      }
    }
  }

  private static var open: OpenLedger {
    get { OpenLedger() }
    set {}
  }

  /// Strict JSON for Foundation and for us, names unique, no byte below a space but the LF.
  private static func isWellFormed(_ line: [UInt8]) -> Bool {
    line.last == 0x0A && line.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      && (try? JSONValue(parsing: line))?.members?.isEmpty == false
      && (try? JSONSerialization.jsonObject(with: Data(line))) != nil
  }

  @Test("no bytes at all make raw input trap")
  func rawInput() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<(Self.count / 5) {
      let bytes = Self.damaged(random.pick(Self.seeds), &random)
      var input = RawInput(file: "fuzz", options: RawOptions(dateFormat: "M/d/yyyy"))
      let cut = random.below(bytes.count)
      do {
        _ = try input.take(Array(bytes[..<cut]), isLast: false)
        _ = try input.take(Array(bytes[cut...]), isLast: true)
      } catch {
        #expect(error.exit == .badData)
      }
    }
  }
}
