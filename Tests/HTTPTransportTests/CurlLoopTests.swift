// Many exchanges at once on the one thread of libcurl.

import IntakeCore
import IntakeTesting
import Testing

@testable import HTTPTransport

@Suite("CurlLoop", .ownThreads)
struct CurlLoopTests {
  @Test("exchanges that hang delay no other, and end with their task; connections are used again by other transports")
  func many() async throws {
    let server = try ScriptedServer { request, _ in
      request.target == "/hang" ? [.stall] : .answer(Array("answer to \(request.target)".utf8))
    }
    defer { server.stop() }
    let hanging = (0..<20).map { _ in Task { try await Self.get("/hang", server) } }
    #expect(await Waiting.whileSleeping { server.requests.count == 20 })
    let connections = server.connections
    for number in 0..<40 {
      #expect(try await Self.get("/\(number)", server) == "answer to /\(number)")
    }
    #expect(server.connections == connections + 1, "transports have opened connections of their own")
    let many = (0..<30).map { number in Task { try await Self.get("/many/\(number)", server) } }
    for (number, task) in many.enumerated() { #expect(try await task.value == "answer to /many/\(number)") }
    for task in hanging { task.cancel() }
    for task in hanging {
      let result = await task.result
      #expect(throws: Failure.stopped) { try result.get() }
    }
  }

  @Test("a deadline ends its own exchange only, by name")
  func deadlines() async throws {
    let server = try ScriptedServer { request, _ in
      request.target == "/hang"
        ? [.stall]
        : [.trickle(Array("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n".utf8), bytes: 1, milliseconds: 20)]
    }
    defer { server.stop() }
    var silent = HTTPSettings(idleDeadline: .milliseconds(300), totalDeadline: .seconds(1_000))
    await #expect(throws: Failure.self) { try await Self.get("/hang", server, silent) }
    silent.idleDeadline = .seconds(1_000)
    silent.totalDeadline = .milliseconds(300)
    let slow = silent
    let failure = await #expect(throws: Failure.self) { try await Self.get("/slow", server, slow) }
    #expect(failure?.code.rawValue == "source.too_slow")
  }

  @Test("a task that is cancelled before it begins sends nothing")
  func cancelled() async throws {
    let server = try ScriptedServer { _, _ in .answer([]) }
    defer { server.stop() }
    let task = Task {
      _ = await Waiting.whileSleeping { Task.isCancelled }
      return try await Self.get("/", server)
    }
    task.cancel()
    await #expect(throws: Failure.stopped) { try await task.value }
    #expect(server.requests.isEmpty)
  }

  private static func get(
    _ path: String, _ server: ScriptedServer, _ settings: HTTPSettings = HTTPSettings(caFile: "/of-this-test")
  ) async throws -> String {
    let address = try #require(WebAddress(server.base + path))
    let response = try await CurlTransport(settings, counting: RequestCounter())
      .send(Request(.get, address, purpose: "Testing"))
    return String(decoding: response.body, as: UTF8.self)
  }
}
