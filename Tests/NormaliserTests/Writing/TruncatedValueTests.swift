// Values that are too long are cut, and the event says what they were.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Cut values")
struct TruncatedValueTests {
  private static let prefix = "o365.message_trace.truncated."

  private static func row(_ more: String) -> String {
    #"{"id":"1","recipientAddress":"a@b.example","receivedDateTime":"2026-01-01T00:00:00Z","status":"delivered",\#(more)}"#
  }

  private static func hex(_ text: String) -> String {
    SHA256.digest(Array(text.utf8)).map { byte in
      let digits = String(byte, radix: 16)
      return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined()
  }

  private static func cuts(_ event: JSONValue) -> [String] {
    let columns = event[prefix + "column"]?.array?.compactMap(\.string) ?? []
    let lengths = event[prefix + "length"]?.array?.compactMap(\.integer) ?? []
    let hashes = event[prefix + "sha256"]?.array?.compactMap(\.string) ?? []
    guard lengths.count == columns.count, hashes.count == columns.count else { return ["lists of different lengths"] }
    return columns.indices.map { "\(columns[$0]) \(lengths[$0]) \(hashes[$0])" }
  }

  private static let long = String(repeating: "xé", count: 15_000)

  @Test(
    "a value longer than 32 KiB leaves its column, length and hash, whatever column it stood in",
    arguments: [
      (#""subject":"\#(long)""#, ["subject \(long.utf8.count) \(hex(long))"]),
      (#""newColumn":"\#(long)""#, ["new_column \(long.utf8.count) \(hex(long))"]),
      (#""outer":{"newColumn":"\#(long)"}"#, ["outer.new_column \(long.utf8.count) \(hex(long))"]),
      (#""list":["a","\#(long)"]"#, ["list \(long.utf8.count) \(hex(long))"]),
      (
        #""subject":"\#(long)","newColumn":"\#(long)y""#,
        ["subject \(long.utf8.count) \(hex(long))", "new_column \(long.utf8.count + 1) \(hex(long + "y"))"]
      ),
      (
        #""subject":"\#(String(repeating: #"\n"#, count: 32_769))""#,
        ["subject 32769 \(hex(String(repeating: "\n", count: 32_769)))"]
      ),
      (#""subject":"\#(long)","subject":"short""#, []),
      (#""subject":"short","subject":"\#(long)""#, ["subject 45000 \(hex(long))"]),
      (
        #""size":\#(String(repeating: "9", count: 40_000))"#,
        ["size 40000 \(hex(String(repeating: "9", count: 40_000)))"]
      ),
      (#""subject":"\#(String(repeating: #"\u0041"#, count: 32_768))""#, []),
      (#""subject":"\#(String(repeating: "x", count: 32_768))""#, []),
    ])
  func value(_ column: String, _ expected: [String]) throws {
    let event = try #require(try TestInput.events([Self.row(column)], mapping: "graph").first)
    #expect(Self.cuts(event) == expected)
    let tags = event["tags"]?.array?.compactMap(\.string) ?? []
    #expect(tags.contains("truncated") == !expected.isEmpty)
    for member in event.members ?? [] { #expect((member.value.string?.utf8.count ?? 0) <= 33_000, "\(member.key)") }
  }

  @Test("a row longer than 256 KiB that is kept as it was leaves its length and hash")
  func original() throws {
    let columns = (0..<9).map { #""column\#($0)":"\#(String(repeating: "y", count: 32_000))""# }
    let row = Self.row(columns.joined(separator: ","))
    let event = try #require(
      try TestInput.events([row], mapping: "graph", settings: NormaliserSettings(keepOriginal: true)).first)
    #expect(Self.cuts(event) == ["original \(row.utf8.count) \(Self.hex(row))"])
    #expect(event["event.original"]?.string?.utf8.count == Text.longestOriginal)
  }

  @Test("a row that cannot be mapped and is longer than 256 KiB leaves its length and hash")
  func failed() throws {
    let row = #"{"id":"\#(String(repeating: "y", count: 300_000))","size":01}"#
    let event = try #require(try TestInput.events([row], mapping: "graph").first)
    #expect(event["event.kind"]?.string == "pipeline_error")
    #expect(Self.cuts(event) == ["original \(row.utf8.count) \(Self.hex(row))"])
  }

  @Test("what redaction hides leaves no plain hash behind")
  func redacted() throws {
    let key = Secret(String(repeating: "k", count: 32))
    var settings = NormaliserSettings()
    settings.redaction = try Redaction(list: "subject,local-part", key: key)
    let address = String(repeating: "z", count: 40_000) + "@b.example"
    let row = Self.row(#""subject":"\#(Self.long)","senderAddress":"\#(address)""#)
    let event = try #require(try TestInput.events([row], mapping: "graph", settings: settings).first)
    #expect(Self.cuts(event).isEmpty)
    #expect(event["email.subject"]?.string?.utf8.count == 32)
    #expect(!event.text.contains(Self.hex(Self.long)))
  }

  @Test("rows beside a cut one say nothing of it")
  func neighbors() throws {
    let events = try TestInput.events(
      [Self.row(#""subject":"a""#), Self.row(#""subject":"\#(Self.long)""#), Self.row(#""subject":"b","x":"y""#)]
        .enumerated()
        .map { $0.element.replacing("\"id\":\"1\"", with: "\"id\":\"\($0.offset)\"") }, mapping: "graph")
    #expect(events.map { Self.cuts($0).count } == [0, 1, 0])
  }
}
