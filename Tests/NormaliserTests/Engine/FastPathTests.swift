// The quick ways through the normaliser give what the slow ones give: guessed keys, short copies, folded words, plain
// addresses. Each is tried at its borders against the same row in a page of its own, or against a plain spelling of it.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Fast paths")
struct FastPathTests {
  private static let columns = [
    #""id":"%""#, #""senderAddress":"A.b-c_%@Mail.Example""#, #""recipientAddress":"x%@contoso.com""#,
    #""receivedDateTime":"2026-01-01T00:00:00Z""#, #""status":"delivered""#, #""subject":"s""#, #""size":1"#,
    #""fromIP":"192.0.2.1""#, #""toIP":"""#, #""messageId":"<%>""#, #""s\u0069ze":2"#, #""unknown%":3"#,
    #""subject":"second""#, #""anUnknownColumnWithAVeryLongNameIndeed":"y""#, #""size" : 4"#, #""id2":"z""#,
  ]

  private static func lines(_ page: Page, _ normaliser: RowNormaliser) -> [[UInt8]] {
    var batch = Batch()
    var ledger = OpenLedger()
    normaliser.normalise(page, created: TestInput.created, into: &batch, ledger: &ledger)
    return TestInput.lines(batch)
  }

  private static func graph() throws -> RowNormaliser {
    try RowNormaliser(mapping: try TestInput.mapping("graph"), settings: NormaliserSettings())
  }

  @Test("rows with their columns in any order give the same events as alone", arguments: 0..<10)
  func order(_ seed: Int) throws {
    let normaliser = try Self.graph()
    var random = SeededRandom(seed: UInt64(seed))
    let rows = (0..<60).map { number in
      var columns = Self.columns
      for index in columns.indices where random.chance(20) { columns.swapAt(index, random.below(columns.count)) }
      if random.chance(50) { columns.removeLast(random.below(columns.count - 1)) }
      let separator = random.pick([",", ", ", " ,\n "])
      return "{" + columns.joined(separator: separator).replacing("%", with: "\(number)") + "}"
    }
    let together = Self.lines(try TestInput.page(rows: rows), normaliser)
    let alone = try rows.flatMap { Self.lines(try TestInput.page(rows: [$0]), normaliser) }
    #expect(together == alone)
  }

  @Test("texts of any length, at the end of a page and before it, come out whole")
  func lengths() throws {
    let normaliser = try Self.graph()
    for length in 0..<140 {
      let text = String(repeating: "abcdefg", count: 20).prefix(length)
      let row = #"{"id":"I\#(text)","recipientAddress":"\#(text)Q@Ex\#(text).EXAMPLE","subject":"\#(text)"}"#
      for page in [Page(bytes: Array(row.utf8), rows: [0..<row.utf8.count]), try TestInput.page(rows: [row, "{}"])] {
        let event = try JSONValue(parsing: try #require(Self.lines(page, normaliser).first))
        #expect(event["email.subject"]?.string ?? "" == String(text))
        #expect(event["email.local_id"]?.string == "I\(text)")
        #expect(event["destination.user.name"]?.string == "\(text)Q")
        #expect(event["destination.domain"]?.string == "ex\(text).example")
        #expect(event["related.user"]?.array?.compactMap(\.string) == ["\(text)Q@Ex\(text).EXAMPLE"])
      }
    }
  }

  @Test("the fast and the slow path split an address alike")
  func addresses() {
    let texts = [
      "a@b", "a@b.c", "@b", "a@", "a@@b", "a@b@c", "a@.b", "", "@", "first.last@sub-domain.example.com", "A_B-c@d_e.F",
      "12345678@12345678", "1234567@12345678", "123456789@1", "aaaaaaaaaaaaaaaa@bbbbbbbbbbbbbbbb@c", "a b@c", "a@b c",
    ]
    for text in texts {
      let padded = Array((text + String(repeating: "@", count: 16)).utf8)
      let bare = Array(text.utf8)
      let quick = Address.split(unsafe padded.span.bytes, 0, bare.count)
      let slow = Address.split(unsafe bare.span.bytes, 0, bare.count)
      #expect(quick.at == slow.at && quick.isList == slow.isList, "\(text)")
      if quick.isLower { #expect(!bare.contains { ASCII.isUpper($0) }, "\(text)") }
    }
  }

  @Test("a lookup finds its keys whatever their length and case, and nothing else")
  func lookups() throws {
    let keys = (1...40).map { String(String(repeating: "Key-of-some-length_", count: 3).prefix($0)) }
    let entries = keys.map { #""\#($0)":"found \#($0.utf8.count)""# }.joined(separator: ",")
    let text = """
      {"name":"x","identity":{"trace":"a","recipient":"b","status":"c","received":"d"},"lookups":{"l":{\(entries)}},
      "event":[{"to":"x","from":"v","as":"lookup","lookup":"l"}],"failed":[{"to":"id","from":"$identity"}]}
      """
    let mapping = try Mapping(parsing: Array(text.utf8), file: "x.json")
    let normaliser = try RowNormaliser(mapping: mapping, settings: NormaliserSettings())
    let words =
      keys + keys.map { $0.uppercased() } + keys.map { "z" + $0.dropFirst() } + keys.map { $0.dropLast() + "z" }
    let page = try TestInput.page(rows: words.map { #"{"a":"1","v":"\#($0)","w":1}"# })
    let found = try Self.lines(page, normaliser).map { try JSONValue(parsing: $0)["x"]?.string }
    let lengths = keys.map { "found \($0.utf8.count)" as String? }
    #expect(Array(found.prefix(80)) == lengths + lengths)
    #expect(found.dropFirst(80).allSatisfy { $0 == nil })
  }

  @Test(
    "an event that the buffer's end cuts, at whatever byte, is written anew and harms none before it", arguments: 0..<3)
  func cutByTheBuffer(_ kind: Int) throws {
    let mapping = try TestInput.mapping(["graph", "reporting", "sekoia"][kind])
    let normaliser = try RowNormaliser(
      mapping: mapping, settings: NormaliserSettings(tenant: "contoso.com", localDomains: ["contoso.com"]))
    var random = SeededRandom(seed: 5)
    let rows = (0..<6).map { number in
      var columns = Self.columns
      columns.swapAt(random.below(columns.count), random.below(columns.count))
      columns.removeLast(random.below(columns.count - 1))
      return number == 4 ? "[7]" : "{" + columns.joined(separator: ",").replacing("%", with: "\(number)") + "}"
    }
    let page = try TestInput.page(rows: rows)
    let whole = Self.lines(page, normaliser)
    #expect(whole.count == 6)
    for room in 1...1_600 {
      var batch = Batch()
      var ledger = OpenLedger()
      normaliser.normalise(page, created: TestInput.created, into: &batch, ledger: &ledger, room: room)
      #expect(TestInput.lines(batch) == whole, "room for \(room) bytes")
    }
  }
}
