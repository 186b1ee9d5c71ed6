// Mapping files: what they can say, and that every mistake in one is named at once.

import IntakeCore
import Testing

@testable import Normaliser

@Suite("Mapping")
struct MappingTests {
  private static func mapping(_ event: String, _ more: String = "") throws -> Mapping {
    let text = """
      {"name":"own","about":"x","identity":{"trace":"a","recipient":"b.c","status":"s","received":"r","statuses":"l"},
      "lookups":{"l":{"On":"running","*":"other"}},\(more)"event":[{"to":"id","from":"$identity"},\(event)],
      "failed":[{"to":"id","from":"$identity"},{"to":"why","from":"$reason"}]}
      """
    return try Mapping(parsing: Array(text.utf8), file: "own.json")
  }

  private static func event(_ rule: String, _ row: String, _ more: String = "") throws -> JSONValue {
    let normaliser = try RowNormaliser(
      mapping: try mapping(rule, more), settings: NormaliserSettings(tenant: "t.example"))
    var batch = Batch()
    var ledger = OpenLedger()
    normaliser.normalise(try TestInput.page(rows: [row]), created: TestInput.created, into: &batch, ledger: &ledger)
    return try JSONValue(parsing: batch.bytes)
  }

  @Test(
    "a rule gives what its conversion says",
    arguments: [
      (#"{"to":"x","from":"v"}"#, #""plain""#, #""plain""#), (#"{"to":"x","from":"v"}"#, "7", #""7""#),
      (#"{"to":"x","from":"v"}"#, "null", nil), (#"{"to":"x","from":"v"}"#, #""<>""#, nil),
      (#"{"to":"x","from":["w","v"]}"#, #""second""#, #""second""#),
      (#"{"to":["y","x"],"from":"v"}"#, #""both""#, #""both""#),
      (#"{"to":"x","from":"v","as":"lower-case"}"#, #""ÄbC\u0044""#, #""Äbcd""#),
      (#"{"to":"x","from":"v","as":"integer"}"#, #""0012""#, nil),
      (#"{"to":"x","from":"v","as":"integer"}"#, "12.0", "12"),
      (#"{"to":"y","from":"v","as":"integer","else":"x"}"#, #""1e3""#, #""1e3""#),
      (#"{"to":"x","from":"v","as":["lower-case","list"]}"#, #""A""#, #"["a"]"#),
      (#"{"to":"x","from":["v","v2"],"as":"list"}"#, #""A","v2":"a""#, #"["A"]"#),
      (#"{"to":"x","from":["v","v2","v3"],"as":"list"}"#, #""A","v2":"B","v3":"a""#, #"["A","B"]"#),
      (#"{"to":"x","from":"v","as":"lookup","lookup":"l"}"#, #""oN""#, #""running""#),
      (#"{"to":"x","from":"v","as":"lookup","lookup":"l"}"#, #""off""#, #""other""#),
      (#"{"to":"x","from":"v","as":"lookup","lookup":"l"}"#, "null", #""other""#),
      (#"{"to":"x","from":"v","as":"timestamp"}"#, #""2026-01-01T01:00:00+01:00""#, #""2026-01-01T00:00:00.000Z""#),
      (#"{"to":"x","from":"d.e.f"}"#, #"1,"d":{"e":{"f":"deep"}}"#, #""deep""#),
      (#"{"to":"x","from":"d.e"}"#, #"1,"d.e":"not a path""#, nil),
      (#"{"to":"x","from":"$tenant.name"}"#, "1", #""t.example""#), (#"{"to":"x","from":"$tenant.id"}"#, "1", nil),
      (#"{"to":"x","from":["$tenant.id","v","$tenant.name"]}"#, "null", #""t.example""#),
      (#"{"to":"x","constant":["a","b"]}"#, "1", #"["a","b"]"#), (#"{"to":"x","constant":5}"#, "1", "5"),
    ])
  func rules(_ rule: String, _ value: String, _ expected: String?) throws {
    let event = try Self.event(rule, #"{"a":"1","b":{"c":"r"},"v":\#(value)}"#)
    #expect(event["x"]?.text == expected)
  }

  @Test("aliases, columns left out and other columns do as they say")
  func columns() throws {
    let more = #""aliases":{"v2":"v"},"leftOut":["gone","odd.*"],"others":"my","#
    let row = #"{"a":"1","b":{"c":"r","k":1},"v2":"aliased","gone":1,"odd.x":1,"new":true}"#
    let event = try Self.event(#"{"to":"x","from":"v"},{"to":"my.new_","from":"w"}"#, row, more)
    #expect(event["x"]?.string == "aliased")
    #expect(event["my.new"] == .bool(true))
    #expect(event["my.b.k"] == .number("1"))
    #expect(event.members?.count == 4)
  }

  @Test("all mistakes of a file are named at once, with the file and the place of each")
  func mistakes() throws {
    let text = """
      {"nme":"x","identity":{"trace":"a","status":1,"received":"r","statuses":"none"},"lookups":{"l":[]},
      "event":[{"to":"x"},{"to":[],"from":"a"},{"to":"y","from":"$nobody"},{"to":"z","from":"a","as":"guess"},
      {"to":"z","from":"a","as":"lookup"},{"to":"w","from":"a","constant":"b"},7,{"to":"v","constant":{}}]}
      """
    let failure = try #require(throws: Failure.self) { try Mapping(parsing: Array(text.utf8), file: "bad.json") }
    #expect(failure.exit == .configuration)
    for part in [
      "bad.json", "nme: no such setting", "name: missing string", "identity.recipient", "identity.status", "lookups.l",
      "event[0]: set exactly one of", "event[1].to", "unknown value $nobody", "guess must be one of",
      "event[4].to: duplicate field z",
      "event[4].lookup", "event[5]: set exactly one of", "event[6]: the rule is not", "event[7].constant",
      "failed: an array",
      "identity.statuses",
    ] {
      #expect(failure.sentence.contains(part), "\(part) in \(failure.sentence)")
    }
  }

  @Test("what is no JSON object is refused with its place", arguments: ["", "[]", "{", #"{"a":1,"a":2}"#, "{}x"])
  func notJSON(_ text: String) throws {
    let failure = try #require(throws: Failure.self) { try Mapping(parsing: Array(text.utf8), file: "bad.json") }
    #expect(failure.code.rawValue == "mapping.invalid")
    #expect(failure.sentence.contains("bad.json"))
  }

  @Test("a row that gives no field is an empty event, not half a one")
  func nothing() throws {
    let text = """
      {"name":"x","identity":{"trace":"a","recipient":"b","status":"c","received":"d"},
      "event":[{"to":"x","from":"v"}],"failed":[{"to":"id","from":"$identity"}]}
      """
    let mapping = try Mapping(parsing: Array(text.utf8), file: "x.json")
    let normaliser = try RowNormaliser(mapping: mapping, settings: NormaliserSettings())
    var batch = Batch()
    var ledger = OpenLedger()
    let page = try TestInput.page(rows: [#"{"a":"1"}"#, #"{"a":"2","v":"y"}"#])
    normaliser.normalise(page, created: TestInput.created, into: &batch, ledger: &ledger)
    #expect(String(decoding: batch.bytes, as: UTF8.self) == "{}\n{\"x\":\"y\"}\n")
  }

  @Test("a mapping with more columns than a plan holds is refused when it is made ready")
  func tooLarge() throws {
    let rules = (0..<70).map { #"{"to":"f\#($0)","from":"c\#($0)"}"# }.joined(separator: ",")
    let mapping = try Self.mapping(rules)
    #expect(throws: Failure.self) { try RowNormaliser(mapping: mapping, settings: NormaliserSettings()) }
  }
}
