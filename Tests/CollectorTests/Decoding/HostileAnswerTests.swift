// Every broken or hostile answer over HTTP: each ends in one failure of its own, none in a crash, a hang or "no rows".

import HTTPTransport
import IntakeCore
import IntakeTesting
import Testing

@testable import Collector

@Suite("Hostile answers", .serialized)
struct HostileAnswerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var answer: [ScriptedServer.Step]
    var codes: Set<String>

    init(_ name: String, _ answer: [ScriptedServer.Step], _ codes: String...) {
      testDescription = name
      self.answer = answer
      self.codes = Set(codes)
    }
  }

  private static let rows = #"{"value":[{"id":"a"}]}"#
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
  private static let long = String(repeating: "x", count: 70_000)

  static let cases: [Case] = [
    .init("H01 a login page", .answer("<!DOCTYPE html><title>x", type: "text/html"), "source.not_json"),
    .init("H03 an empty body", .answer(""), "source.cut_short"),
    .init("H04 no content", .raw("HTTP/1.1 204 No Content\r\n\r\n"), "source.malformed"),
    .init("H05 a part that nobody asked for", .answer(rows, status: 206), "source.malformed"),
    .init("H06 XML of an unknown kind", .answer("<?xml version='1.0'?><a/>", type: "text/xml"), "source.not_json"),
    .init("H07 another charset", .answer(rows, type: "application/json; charset=utf-16"), "source.malformed"),
    .init("H09 nested encodings", .answer(rows, headers: ["Content-Encoding: gzip, gzip"]), "source.malformed"),
    .init("H09 an unknown encoding", .answer(rows, headers: ["Content-Encoding: br"]), "source.malformed"),
    .init(
      "H09 gzip cut within the data",
      .answer(Array(GzipBytes.stored(Array(rows.utf8)).dropLast(12)), headers: ["Content-Encoding: gzip"]),
      "source.malformed", "source.cut_short"),
    .init(
      "H09 gzip with a wrong checksum",
      .answer(
        Array(GzipBytes.stored(Array(rows.utf8)).dropLast(8)) + [1, 2, 3, 4, 22, 0, 0, 0],
        headers: ["Content-Encoding: gzip"]), "source.malformed"),
    .init(
      "H09 gzip cut before its trailer",
      .answer(Array(GzipBytes.stored(Array(rows.utf8)).dropLast(8)), headers: ["Content-Encoding: gzip"]),
      "source.malformed", "source.cut_short"),
    .init(
      "H09 bytes behind gzip's end",
      .answer(GzipBytes.stored(Array(rows.utf8)) + [0], headers: ["Content-Encoding: gzip"]), "source.malformed"),
    .init("H10 plain text called gzip", .answer(rows, headers: ["Content-Encoding: gzip"]), "source.malformed"),
    .init("H11 a length that is too long", .cut(rows, promising: 4_000), "source.cut_short"),
    .init("H11 a length that is too short", .raw(ok + "Content-Length: 5\r\n\r\n" + rows), "source.malformed"),
    .init("H11 a negative length", .raw(ok + "Content-Length: -1\r\n\r\n"), "source.malformed", "source.cut_short"),
    .init(
      "H12 a broken chunk size", .raw(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"), "source.cut_short",
      "source.malformed"),
    .init(
      "H12 a chunk of 2^64 bytes", .raw(ok + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}"),
      "source.cut_short", "source.malformed"),
    .init(
      "H12 no last chunk", .raw(ok + "Transfer-Encoding: chunked\r\n\r\n16\r\n\(rows)\r\n"), "source.cut_short"),
    .init("H13 a header of 70 kB", .raw(ok + "X: \(long)\r\n\r\n{}"), "source.malformed", "http.memory"),
    .init(
      "H13 ten thousand headers", .raw(ok + String(repeating: "X-A: 1\r\n", count: 10_000) + "\r\n{}"),
      "source.malformed"),
    .init(
      "H14 interim answers without end",
      .raw(String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", count: 9_000)),
      "source.malformed"),
    .init(
      "H15 a redirect to plain http", .answer("", status: 302, headers: ["Location: http://evil.test/"]),
      "source.redirect"),
    .init(
      "H16 a redirect to a file", .answer("", status: 302, headers: ["Location: file:///etc/passwd"]), "source.redirect"
    ),
    .init("H17 not modified", .raw("HTTP/1.1 304 Not Modified\r\n\r\n"), "source.redirect"),
    .init("H17 status 999", .answer("", status: 999), "source.refused"),
    .init("H17 no HTTP at all", .raw("SSH-2.0-OpenSSH_9.2\r\n"), "source.malformed"),
    .init("H17 HTTP/0.9", .raw(rows), "source.malformed"),
    .init("H20 a proxy's 403", .answer("<html>blocked", status: 403, type: "text/html"), "source.not_json"),
    .init("H21 an unknown path", .answer("{}", status: 404), "source.not_found"),
    .init("H22 a proxy that asks for credentials", .answer("", status: 407), "http.proxy"),
    .init("H23 a server that is busy", .answer("", status: 503), "source.busy"),
    .init("H23 a server that times out", .answer("", status: 504), "source.gateway_timeout"),
    .init("H23 a request time-out", .answer("", status: 408), "source.busy"),
    .init(
      "H25 an error behind rows", .answer(#"{"value":[{"id":"a"}],"error":{"code":"x"}}"#), "source.error_in_answer"),
    .init("H25 an error with status 200", .answer(#"{"error":{"code":"x"}}"#), "source.error_in_answer"),
    .init("J a document that goes on", .answer(rows + "{}"), "source.malformed"),
    .init("J another document", .answer(#"{"a":1}"#), "source.unknown_shape"),
    .init("J an array", .answer("[1,2]"), "source.unknown_shape"),
    .init("P03 a next link that is a number", .answer(#"{"value":[],"@odata.nextLink":7}"#), "source.malformed"),
    .init("G02 the connection closed within the head", .raw("HTTP/1.1 200 OK\r\nConte"), "source.cut_short"),
    .init("G02 a refusal closed within its head", .raw("HTTP/1.1 401 Unauthorized\r\nWWW-Auth"), "source.cut_short"),
    .init("G01 a reset", [.reset], "source.cut_short"),
  ]

  @Test("end in a failure of their own after a bounded number of requests", arguments: cases)
  func failure(_ item: Case) async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in item.answer }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    #expect(item.codes.contains(failure.code.rawValue))
    #expect(failure.hint != nil || failure.exit == .system)
    #expect(stage.dataRequests <= 6)
    #expect(!failure.sentence.contains("t0ken") && !(failure.hint ?? "").contains("t0ken"))
  }

  private static var slowGzip: [ScriptedServer.Step] {
    let body = GzipBytes.stored(Array(rows.utf8))
    let headers = ["Content-Encoding: gzip", "Content-Length: \(body.count)"]
    return [
      .trickle(AnswerBytes.head(200, type: "application/json", headers: headers) + body, bytes: 1, milliseconds: 0)
    ]
  }

  static let harmless: [Case] = [
    .init("H02 data called text/html", .answer(rows, type: "text/html")),
    .init("H07 a byte order mark", .answer("\u{FEFF}" + rows)),
    .init("gzip that comes one byte at a time", slowGzip),
    .init(
      "gzip of several members",
      .answer(
        GzipBytes.stored(Array(rows.utf8.prefix(7))) + GzipBytes.stored(Array(rows.utf8.dropFirst(7))),
        headers: ["Content-Encoding: gzip"])),
    .init("H27 many cookies", .answer(rows, headers: (0..<500).map { "Set-Cookie: c\($0)=1" })),
    .init("a header without a space, and one that is not UTF-8", .answer(rows, headers: ["X:y", "Z: \u{FF}"])),
    .init("L07 Retry-After with 200", .answer(rows, headers: ["Retry-After: 100"])),
    .init("P03 a next link that is null", .answer(#"{"value":[{"id":"a"}],"@odata.nextLink":null}"#)),
    .init("P03 a next link that is empty", .answer(#"{"value":[{"id":"a"}],"@odata.nextLink":""}"#)),
    .init("no content type at all", .answer(rows, type: nil)),
  ]

  @Test("that are only odd are read", arguments: harmless)
  func accepted(_ item: Case) async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in item.answer }
    defer { stage.server.stop() }
    let page = try await stage.page()
    #expect(page.rows.count == 1)
    #expect(page.next == nil)
    #expect(stage.time.sleeps.isEmpty)
  }

  @Test(
    "H19 a 401 with any challenge gets one fresh token, then stops", arguments: ["", "Negotiate", "Basic realm=\"x\""])
  func challenge(_ challenge: String) async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in
      .answer("", status: 401, headers: challenge.isEmpty ? [] : ["WWW-Authenticate: \(challenge)"])
    }
    defer { stage.server.stop() }
    #expect(try await stage.failure().code.rawValue == "source.unauthorized")
    #expect(stage.server.requests.map(\.method) == ["POST", "GET", "POST", "GET"])
  }

  @Test("G11 a token that dies between pages is replaced once and the page is read")
  func refresh() async throws {
    let stage = try SourceStage(Dialects.graph) { _, number in
      number == 0 ? .answer("", status: 401) : .answer(Self.rows)
    }
    defer { stage.server.stop() }
    #expect(try await stage.page().rows.count == 1)
    #expect(stage.server.requests.count { $0.method == "POST" } == 2)
  }

  @Test("G18 a connection closed between requests is opened again without a word")
  func keepAlive() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in .answer(Self.rows) + [.close] }
    defer { stage.server.stop() }
    for _ in 0..<3 { #expect(try await stage.page().rows.count == 1) }
    #expect(stage.time.sleeps.isEmpty)
  }

  @Test("an unreachable service is told as temporary and its host is named")
  func refused() async throws {
    let stage = try SourceStage(Dialects.reporting) { _, _ in [] }
    stage.server.stop()
    let failure = try await stage.failure()
    #expect(failure.code.rawValue == "source.unreachable")
    #expect(failure.exit == .tryLater)
    #expect(failure.sentence.contains("127.0.0.1"))
  }

  @Test("A41 a refusal names the clock where the service's own differs")
  func clock() async throws {
    let stage = try SourceStage(Dialects.graph) { _, _ in
      .answer("", status: 401, headers: ["Date: Mon, 02 Feb 2026 03:40:00 GMT"])
    }
    defer { stage.server.stop() }
    #expect(try await stage.failure().sentence.contains("clock is 3600 s off"))
  }

  @Test("a configured proxy is asked for everything, and its refusals are its own")
  func proxy() async throws {
    let proxy = try ScriptedServer { request, _ in
      request.method == "CONNECT" ? .answer("", status: 407) : .answer(Self.rows)
    }
    defer { proxy.stop() }
    let credential = Credential.basic(username: "u", password: Secret("p"))
    let plain = try ReportingSource(
      endpoint: "http://127.0.0.1:1/x", credential: credential, http: HTTPSettings(proxy: Secret(proxy.base)),
      time: ManualClock().source, log: .silent)
    #expect(try await plain.page(SourceScenario.window, after: nil).rows.count == 1)
    #expect(proxy.requests.first?.target.hasPrefix("http://127.0.0.1:1/x/MessageTrace?") == true)
    let tunnel = try ReportingSource(
      endpoint: "https://service.test", credential: credential, http: HTTPSettings(proxy: Secret(proxy.base)),
      time: ManualClock().source, log: .silent)
    await #expect { try await tunnel.page(SourceScenario.window, after: nil) } throws: { error in
      (error as? Failure)?.code.rawValue == "http.proxy" && (error as? Failure)?.exit == .configuration
    }
    #expect(proxy.requests.last?.header("authorization") == nil)
  }

  @Test("a proxy that cannot be reached is told as such")
  func deadProxy() async throws {
    let source = try ReportingSource(
      endpoint: "https://service.test", credential: .basic(username: "u", password: Secret("p")),
      http: HTTPSettings(proxy: Secret("http://127.0.0.1:1")), time: ManualClock().source, log: .silent)
    await #expect { try await source.page(SourceScenario.window, after: nil) } throws: { error in
      (error as? Failure)?.code.rawValue == "source.unreachable"
        && (error as? Failure)?.sentence.contains("proxy") == true
    }
  }
}
