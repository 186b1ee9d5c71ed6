// Answers and files that are small on the way and large in memory, or that never end: the real binary stays below 150 MiB.
//
//     MESSAGE_TRACE_BOMBS=long swift test --filter BombTests     pages of up to 2,000,000 new rows as well

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct BombTests {
  /// What the program may need, whatever a peer sends.
  static let most = 150

  /// Rows of a page, each an event and a new identity: with the variable up to the most that are taken, for some minutes.
  static let sizes: [Int] = unsafe getenv("MESSAGE_TRACE_BOMBS") == nil ? [100_000] : [100_000, 1_500_000, 2_000_000]

  @Test("a page of very many rows that are no objects becomes several batches, every row an event", arguments: sizes)
  func rows(_ count: Int) throws {
    let rows = (0..<count).map { "[\($0)]" }.joined(separator: ",")
    let service = try HostileService(page: Array("{\"value\":[\(rows)]}".utf8))
    let (result, peak) = PeakMemory.run(service.arguments())
    #expect(result.status == 0, "\(result.errors)")
    #expect(peak < (count > 100_000 ? Self.most : 80), "\(peak) MiB for \(count) rows")
    if Self.sizes.count > 1 { print("\(count) rows: \(peak) MiB") }
    let verified = Program.run(["verify", service.output])
    let lines = "lines               \(count)"
    #expect(verified.status == 0 && verified.lines.first == lines, "\(verified.lines)")
  }

  /// One request of `check`, which retries nothing: exit 76, and words of the finding.
  private func expectRefusal(_ service: borrowing HostileService, _ arguments: [String], _ words: String) {
    let (result, peak) = PeakMemory.run(
      ["check"] + arguments.dropFirst(), environment: ["MESSAGE_TRACE_CLIENT_SECRET": "s3cret"])
    let text = String(decoding: result.output, as: UTF8.self)
    #expect(result.status == 76 && text.contains(words), "\(text) \(result.errors)")
    #expect(peak < Self.most, "\(peak) MiB")
  }

  @Test("more rows than any page has are no page")
  func millions() throws {
    let rows = Array("{\"value\":[\(String(repeating: "1,", count: 2_000_001))1]}".utf8)
    let service = try HostileService { _, _ in .answer(rows) }
    expectRefusal(service, service.arguments(), "more rows than any page")
  }

  @Test("a sign-in answer beyond 1 MiB is refused before it is read, plain or unpacked", arguments: [false, true])
  func token(_ isPacked: Bool) throws {
    let nested = Array("{\"access_token\":\"x\",\"a\":[\(String(repeating: "[],", count: 2_000_000))1]}".utf8)
    let body = isPacked ? GzipBytes.bomb(16 << 20, after: "{\"access_token\":") : nested
    let service = try HostileService { _, _ in
      .answer(body, headers: isPacked ? ["Content-Encoding: gzip"] : [])
    }
    expectRefusal(service, service.secretArguments, "exceeds 1024 KiB")
  }

  @Test("an answer that unpacks to more than the cap is refused")
  func body() throws {
    let bomb = GzipBytes.bomb(48 << 20, after: "{\"value\":[")
    let service = try HostileService { _, _ in .answer(bomb, headers: ["Content-Encoding: gzip"]) }
    expectRefusal(service, service.arguments(), "exceeds 32768 KiB after decompression")
  }

  @Test("a value nested 400 deep costs its row, never its neighbours", arguments: ["collect", "normalise"])
  func nested(_ command: String) throws {
    let deep = String(repeating: "[", count: 400) + String(repeating: "]", count: 400)
    let rows = [1, 2, 3].map { number in
      "{\"id\":\"eaaafa9a-788c-47f0-357c-08de5bf702e\(number)\",\"recipientAddress\":\"a@b.example\","
        + "\"status\":\"failed\",\"receivedDateTime\":\"2026-01-25T09:49:19Z\"\(number == 2 ? ",\"odd\":\(deep)" : "")}"
    }
    let page = Array("{\"value\":[\(rows.joined(separator: ","))]}".utf8)
    let service = try HostileService(page: page)
    let result =
      command == "collect"
      ? service.collect() : Program.run(["normalise", try service.folder.write(page, to: "page.json")])
    let events = command == "collect" ? try service.events : result.lines
    #expect(result.status == 0 && events.count == 3, "\(result.errors)")
    #expect(events.count { $0.contains("\"event.kind\":\"pipeline_error\"") } == 1)
    #expect(events.count { $0.contains("\"event.action\":\"failed\"") } == 2)
  }

  @Test("a search refuses a page with more rows than the service gives")
  func search() throws {
    let rows = (0..<60_000).map { "{\"id\":\"\($0)\",\"recipientAddress\":\"a@b.example\"}" }.joined(separator: ",")
    let service = try HostileService(page: Array("{\"value\":[\(rows)]}".utf8))
    let (result, peak) = PeakMemory.run(service.arguments("query").filter { $0 != "--since" && $0 != "1h" })
    #expect(result.status == 76 && result.errors.contains("more rows"), "\(result.errors)")
    #expect(peak < Self.most, "\(peak) MiB")
  }

  @Test("a file of blanks ends as an empty one and needs no memory; zeros are refused at once")
  func blanks() throws {
    let folder = try ScratchFolder()
    let blanks = try folder.write([UInt8](repeating: 0x20, count: 48 << 20), to: "blanks")
    let (empty, peak) = PeakMemory.run(["normalise", blanks])
    #expect(empty.status == 65 && empty.errors.contains("it is empty"), "\(empty.errors)")
    #expect(peak < 40, "\(peak) MiB")
    let zeros = PeakMemory.run(["normalise", "/dev/zero"])
    #expect(zeros.result.status == 65 && zeros.result.errors.contains("NUL bytes"), "\(zeros.result.errors)")
    #expect(zeros.peak < 40, "\(zeros.peak) MiB")
  }

  @Test("a playbook of 400,000 unknown keys is given up after 100 mistakes")
  func playbook() throws {
    let folder = try ScratchFolder()
    let keys = (0..<400_000).map { "\"key\($0)\": 1" }.joined(separator: ",\n")
    let path = try folder.write("{ \"source\": { \(keys) } }", to: "p.json")
    let result = Program.run(["playbook", "validate", path])
    #expect(result.status == 78)
    let count = result.errors.split(separator: "\n").count { $0.contains("unknown key") }
    #expect(count == 100, "\(count)")
  }
}
