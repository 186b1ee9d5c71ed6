// Every case in Golden/: a document as a service or an export gives it, and beside it all events that come of it.
// `MESSAGE_TRACE_GOLDEN=write swift test --filter Golden` writes the expectations anew: read the difference.

import Foundation
import IntakeCore
import Testing

@testable import Normaliser

/// `<case>.<mapping>.in.json` or `.ndjson` or `.csv`; the mapping `raw` stands for what the input itself shows.
/// Beside it `<case>.<mapping>.out.ndjson`, and `<case>.<mapping>.settings.json` where needed.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let file: String

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

  static let all: [GoldenCase] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.contains(".in.") }.sorted().map { GoldenCase(file: $0) }

  var stem: String { file.components(separatedBy: ".in.")[0] }
  var mapping: String { stem.split(separator: ".").last.map(String.init) ?? "" }
  var testDescription: String { stem }

  func bytes(_ name: String) -> [UInt8]? {
    (try? Data(contentsOf: Self.folder.appending(path: name))).map { [UInt8]($0) }
  }

  func dateFormat() throws -> String? {
    guard let bytes = bytes("\(stem).settings.json") else { return nil }
    return try JSONValue(parsing: bytes)["dateFormat"]?.string
  }

  /// True for rows that go out as they came, and so hold the service's names.
  var isRaw: Bool { (try? settings().isRaw) ?? false }

  func settings() throws -> NormaliserSettings {
    var settings = NormaliserSettings(tenant: "contoso.onmicrosoft.com", localDomains: ["contoso.com"])
    guard let bytes = bytes("\(stem).settings.json") else { return settings }
    let document = try JSONValue(parsing: bytes)
    settings.tenant = document["tenant"]?.string ?? settings.tenant
    settings.localDomains = document["localDomains"]?.array?.compactMap(\.string) ?? settings.localDomains
    settings.keepOriginal = document["keepOriginal"]?.bool ?? false
    settings.recipient = document["recipient"]?.string ?? ""
    settings.sender = document["sender"]?.string ?? ""
    settings.isRaw = document["isRaw"]?.bool ?? false
    settings.foldColumns = document["foldColumns"]?.bool ?? false
    return settings
  }
}

@Suite("Golden cases")
struct GoldenTests {
  @Test("a document gives exactly the events that stand beside it", arguments: GoldenCase.all)
  func events(_ golden: GoldenCase) throws {
    let input = try #require(golden.bytes(golden.file))
    let batch =
      golden.mapping == "raw"
      ? try TestInput.batch(raw: input, settings: try golden.settings(), dateFormat: try golden.dateFormat())
      : try TestInput.batch(TestInput.page(input), mapping: golden.mapping, settings: try golden.settings())
    let expected = "\(golden.stem).out.ndjson"
    if ProcessInfo.processInfo.environment["MESSAGE_TRACE_GOLDEN"] == "write" {
      try Data(batch.bytes).write(to: GoldenCase.folder.appending(path: expected))
    }
    let text = String(decoding: batch.bytes, as: UTF8.self)
    #expect(text == golden.bytes(expected).map { String(decoding: $0, as: UTF8.self) })
    let isRaw = try golden.settings().isRaw
    for line in TestInput.lines(batch) { try expectWellFormed(line, isRaw: isRaw) }
  }

  @Test("there are at least sixty cases")
  func number() { #expect(GoldenCase.all.count >= 60) }

  /// One line, valid UTF-8, valid JSON without repeated names, nothing below a space but the LF.
  private func expectWellFormed(_ line: [UInt8], isRaw: Bool) throws {
    #expect(line.last == 0x0A)
    #expect(line.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    #expect(String(validating: line, as: UTF8.self) != nil)
    let members = try #require(try JSONValue(parsing: line).members)
    #expect(isRaw || members.allSatisfy { $0.value != .null && $0.value != .string("") && $0.value != .array([]) })
  }
}
