// Rows that are taken by the columns of the row before: whatever follows a usual row, the events are those that it gives
// alone, in pieces of any size.

import IntakeCore
import IntakeTesting
import Testing

@testable import Normaliser

@Suite("Rows like the one before")
struct RowTemplateTests {
  private static func row(_ id: Int, _ more: String = "") -> String {
    #"{"id":"t\#(id)","recipientAddress":"r@x.example","receivedDateTime":"2026-01-01T00:00:00Z","status":"failed"\#(more)}"#
  }

  private static let odd = [
    "", "  ", "{}", "[]", "null", "broken", "{", #"{"id":"x""#, #"{"id":"x"} trailing"#,
    row(1, #","a":1"#), row(2, #","a":[1]"#), row(3, #","a":{"b":"c"}"#), "[\(row(4)),\(row(5))]",
    row(6).replacing(":", with: " : "), row(7).replacing(",", with: " , "), row(8) + " ", row(9) + "\r", " " + row(10),
    row(11).replacing(#""status""#, with: #""Status""#), row(12).replacing("failed", with: "fai\u{1}led"),
    row(13).replacing("r@x.example", with: #"r\"@x.example"#), row(14).replacing(#""failed""#, with: "null"),
    row(15).replacing(#""failed""#, with: "1e5x"), row(17).replacing("failed", with: "\n"),
    row(16).replacing(#","status":"failed""#, with: ""),
    #"{"id":"d","dateTime":"2026-01-01T00:00:00Z","event":"Fail"}"#,
    #"{"MessageTraceId":"m","Received":"2026-01-01T00:00:00","RecipientAddress":"a@b.example","Status":"Delivered"}"#,
    #"{"id":"y","senderEmail":"s@x.example","receivedDateTime":"2026-01-01T00:00:00","recipients":[{"recipientEmail":"a@b.example","events":[{"id":"e","dateTime":"2026-01-01T00:00:00","eventType":"fail"}]}]}"#,
  ]

  /// Mapping name and bytes of each row of a file, in order.
  private static func rows(_ text: String, pieceSize: Int) throws -> [String] {
    var input = RawInput(file: "test")
    let bytes = Array(text.utf8)
    var rows: [String] = []
    var start = 0
    repeat {
      let end = min(bytes.count, start + pieceSize)
      for page in try input.take(Array(bytes[start..<end]), isLast: end == bytes.count) {
        rows += page.page.rows.map { "\(page.mapping) \(String(decoding: page.page.bytes[$0], as: UTF8.self))" }
      }
      start = end
    } while start < bytes.count
    return rows
  }

  @Test("any row between usual ones is read as it is alone, and so are its neighbours", arguments: odd.indices)
  func between(_ index: Int) throws {
    let odd = Self.odd[index]
    let alone = try Self.rows("\(Self.row(100))\n\(odd)\n", pieceSize: .max)
    let usual = (101..<104).map { Self.row($0) }
    let text = ([Self.row(100)] + usual + [odd] + usual + [odd, odd] + usual).joined(separator: "\n") + "\n"
    let extra = Array(alone.dropFirst(alone.first == "graph \(Self.row(100))" ? 1 : 0)).filter {
      $0 != "graph \(Self.row(100))"
    }
    for size in [1, 7, 64, 999, Int.max] {
      let found = try Self.rows(text, pieceSize: size)
      #expect(found.count { $0.hasPrefix("graph \(Self.row(101))") } == 3, "\(size): \(odd)")
      #expect(found.count { $0 == "graph \(Self.row(103))" } == 3, "\(size): \(odd)")
      for row in Set(extra) {
        #expect(found.count { $0 == row } == 3 * extra.count { $0 == row }, "\(size): \(row)")
      }
      #expect(found.count == 10 + 3 * extra.count, "\(size): \(odd)")
    }
  }

  @Test("columns in another order, and rows of the other service, are told apart from one line to the next")
  func mixed() throws {
    var random = SeededRandom(seed: 9)
    let graph = ["id", "recipientAddress", "receivedDateTime", "status", "subject"]
    let reporting = ["MessageTraceId", "RecipientAddress", "Received", "Status", "Subject"]
    var expected: [String] = []
    for number in 0..<500 {
      var columns = random.chance(30) ? reporting : graph
      let name = columns == graph ? "graph" : "reporting"
      if random.chance(30) { columns.swapAt(random.below(5), random.below(5)) }
      let members = columns.map {
        "\"\($0)\":\"\(random.text(8).replacing("\"", with: "").replacing("\\", with: ""))\(number)\""
      }
      let line = "{\(members.joined(separator: ","))}"
      guard line.utf8.allSatisfy({ $0 >= 0x20 }) else { continue }
      expected.append("\(name) \(line)")
    }
    let text = expected.map { String($0.drop { $0 != "{" }) }.joined(separator: "\n")
    for size in [100, 4_096, Int.max] { #expect(try Self.rows(text, pieceSize: size) == expected, "\(size)") }
  }
}
