// One line stays one line, whatever the peer says.

internal import Synchronization
import Testing

@testable internal import IntakeCore

@Suite struct LogTests {
  private func lines(_ format: Log.Format, _ values: [(String, String)]) -> [String] {
    let written = Mutex<[UInt8]>([])
    let log = Log(format: format, now: { Instant(seconds: 0) }, write: { line in written.withLock { $0 += line } })
    log(.warning, "some.code", "Sentence\nforged line", values)
    log(.debug, "quiet", "Not written")
    return written.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n").map(String.init)
  }

  @Test("control characters and bidi overrides cannot forge a text line")
  func text() {
    let lines = lines(.text, [("a", "b c"), ("d", "\u{1B}[2J\r\n"), ("e", "plain")])
    #expect(lines.count == 1)
    #expect(
      lines.first
        == "1970-01-01T00:00:00.000Z warning some.code Sentence\\u{a}forged line a=\"b c\" d=\"\\\\u{1b}[2J\\\\u{d}\\\\u{a}\" e=plain"
    )
  }

  @Test("a JSON line is one JSON object")
  func json() throws {
    let lines = lines(.json, [("requests", "3")])
    #expect(lines.count == 1)
    let object = try JSONValue(parsing: Array(try #require(lines.first).utf8))
    #expect(object["log.level"]?.string == "warning" && object["requests"]?.string == "3")
  }

  @Test("a tagged log names its tag in every line, and the log that it was made from does not")
  func tagged() {
    let written = Mutex<[UInt8]>([])
    let log = Log(now: { Instant(seconds: 0) }, write: { line in written.withLock { $0 += line } })
    let tagged = log.tagged("playbook", "contoso")
    tagged(.info, "a", "First.", [("rows", "1")])
    tagged.failure(Failure("b", exit: .bug, "Second.", hint: "Do it."))
    log(.info, "c", "Third.")
    let lines = written.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
    #expect(lines.map { $0.contains("playbook=contoso") } == [true, true, false])
  }

  @Test("long remote text is cut by bytes")
  func cut() {
    #expect(Log.clean(String(repeating: "é", count: 500), limit: 200).utf8.count <= 203)
  }
}
