// The HTTP side: keep-alive, bounds, hostile bytes, stopping.

import IntakeCore
import IntakeTesting
import Testing

@testable import Simulator

@Suite("The server")
struct ServerTests {
  @Test(
    "hostile bytes get an answer or a close, and the next client is served",
    arguments: [
      "", "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "get / HTTP/1.1\r\n\r\n",
      "GET http://x/ HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nNoColon\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      "POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\nshort",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n",
      "GET /%00%ff%zz?%=&&=&$filter=%27 HTTP/1.1\r\n\r\n",
      "GET /ecp/reportingwebservice/reporting.svc HTTP/1.1\r\n\r\n",
      "\u{0}\u{1}\u{2}GET / HTTP/1.1\r\n\r\n", "GET /v1.0/ HTTP/1.1\r\nAuthorization: \r\n\r\n",
      "POST /x/oauth2/token HTTP/1.1\r\nContent-Length: 5\r\n\r\n%%%==",
      "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 200_000),
    ])
  func hostile(text: String) throws {
    let bench = try SimulatorFixture(messages: 5)
    defer { bench.stop() }
    let client = bench.client()
    client.send(Array(text.utf8))
    client.endSending()
    let answer = String(decoding: client.drain(), as: UTF8.self)
    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 501"))
    #expect(bench.reporting("").status == 200)
  }

  @Test(
    "a head or body over the bounds is refused",
    arguments: [("X: " + String(repeating: "a", count: 70_000), 431), ("Content-Length: 1048577", 413)])
  func bounds(header: String, status: Int) throws {
    let bench = try SimulatorFixture(messages: 5)
    defer { bench.stop() }
    let client = bench.client()
    client.send(Array("POST / HTTP/1.1\r\n\(header)\r\n\r\n".utf8))
    client.endSending()
    #expect(client.answer().status == status)
  }

  @Test("mutated requests never bring it down")
  func mutations() throws {
    let bench = try SimulatorFixture(messages: 50)
    defer { bench.stop() }
    let good = Array(
      "GET \(SimulatorFixture.graphList)\(SimulatorFixture.graphWindow)&$top=5 HTTP/1.1\r\nAuthorization: Bearer \(try bench.token())\r\n\r\n"
        .utf8)
    var random = KeyedRandom(42)
    for _ in 0..<300 {
      var bytes = good
      for _ in 0..<(1 + random.below(3)) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
      let client = bench.client()
      client.send(bytes)
      client.endSending()
      _ = client.drain()
    }
    #expect(bench.reporting("").status == 200)
  }

  @Test("mutated filters never bring it down")
  func filters() {
    let good = Array("receivedDateTime ge 2026-03-02T00:00:00Z and (status eq 'it''s' or contains(subject,'x'))".utf8)
    let more = Array("StartDate eq datetime'2026-03-02T00:00:00Z' and EndDate eq datetime'2026-03-03T00:00:00Z'".utf8)
    var random = KeyedRandom(43)
    var refused = 0
    for round in 0..<2_000 {
      var bytes = round % 2 == 0 ? good : more
      for _ in 0..<(1 + random.below(4)) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next() & 127)
      }
      let parameters = Parameters("$filter=\(PercentEncoding.encode(String(decoding: bytes, as: UTF8.self)))")
      do { _ = try GraphQuery(parameters, now: SimulatorFixture.day, tooOldStatus: 400) } catch { refused += 1 }
      do { _ = try ReportingQuery(parameters, now: SimulatorFixture.day, days: 30) } catch { refused += 1 }
    }
    #expect(refused > 1_000)
  }

  @Test("one connection serves many requests, and closes where that is wished")
  func keepAlive() throws {
    let bench = try SimulatorFixture(messages: 5)
    defer { bench.stop() }
    let client = bench.client()
    let statuses = (0..<50).map { _ in
      client.request("GET", "/ecp/reportingwebservice/reporting.svc/MessageTrace?$format=json", [bench.basic]).status
    }
    #expect(statuses.allSatisfy { $0 == 200 })
    let last = client.request("GET", "/", [("Connection", "close")])
    #expect(last.headers["connection"] == "close")
    #expect(client.drain().isEmpty)
  }

  @Test("requests sent together are answered in order")
  func pipelining() throws {
    let bench = try SimulatorFixture(messages: 5)
    defer { bench.stop() }
    let client = bench.client()
    client.send(Array("GET /v1.0/a HTTP/1.1\r\n\r\nGET /nothing HTTP/1.1\r\n\r\n".utf8))
    #expect(client.answer().status == 401)
    #expect(client.answer().status == 404)
  }

  @Test("what is echoed cannot make headers")
  func echo() throws {
    let bench = try SimulatorFixture(messages: 5)
    defer { bench.stop() }
    let client = bench.client()
    client.send(Array("GET /v1.0/x HTTP/1.1\r\nclient-request-id: a\rX-Forged: 1\r\n\r\n".utf8))
    let answer = client.answer()
    #expect(answer.headers["client-request-id"] == "aX-Forged: 1")
    #expect(answer.headers["x-forged"] == nil)
  }

  @Test("every request is recorded with headers, body, time and status")
  func recording() throws {
    let bench = try SimulatorFixture(messages: 5)
    defer { bench.stop() }
    _ = try bench.graph(SimulatorFixture.graphList + "?$top=1", [("X-Mark", "here")])
    let requests = bench.server.requests()
    #expect(requests.map(\.number) == [1, 2])
    #expect(requests.map(\.status) == [200, 200])
    #expect(requests.map(\.method) == ["POST", "GET"])
    #expect(requests.last?.path == SimulatorFixture.graphList)
    #expect(requests.last?.query == "$top=1")
    #expect(requests.last?.header("x-mark") == "here")
    #expect(requests.first?.time == bench.clock.now)
    let body = String(decoding: requests.first?.body ?? [], as: UTF8.self)
    #expect(body.contains("client_secret=simulated-secret"))
  }

  @Test("stopping ends idle connections, frees the port, and may be done twice")
  func stopping() throws {
    let bench = try SimulatorFixture(messages: 5)
    let clients = (0..<5).map { _ in bench.client() }
    for client in clients { _ = client.request("GET", "/") }
    bench.stop()
    bench.stop()
    #expect(clients.allSatisfy { $0.drain().isEmpty })
    let again = try SimulatorFixture(messages: 5) { $0.port = bench.server.port }
    defer { again.stop() }
    #expect(again.server.port == bench.server.port)
    #expect(throws: Failure.self) { try SimulatorFixture(messages: 5) { $0.port = bench.server.port } }
    #expect(throws: Failure.self) { try SimulatorFixture(messages: 5) { $0.port = 70_000 } }
  }

  @Test("many clients at once all get their answers")
  func parallel() async throws {
    let bench = try SimulatorFixture(messages: 50)
    defer { bench.stop() }
    let good = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let client = bench.client()
          return (0..<20).count { _ in
            client.request("GET", "/ecp/reportingwebservice/reporting.svc/MessageTrace", [bench.basic]).status == 200
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(good == 160)
    #expect(bench.server.requests().count == 160)
  }
}
