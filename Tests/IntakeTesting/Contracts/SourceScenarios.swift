// The scenarios of the source contract, one function each.

internal import IntakeCore
internal import Synchronization

func require(_ condition: Bool, _ violation: @autoclosure () -> String) throws(ContractViolation) {
  guard condition else { throw ContractViolation(description: violation()) }
}

/// Counts from 0.
final class Counter: Sendable {
  private let number = Mutex(0)

  func next() -> Int {
    number.withLock { number in
      defer { number += 1 }
      return number
    }
  }
}

extension SourceScenario {
  static let sameCursor: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { request, _ in
      request.target.contains("T1")
        ? .answer(dialect.page(3..<5, nil))
        : .answer(dialect.page(0..<3, dialect.link("http://\(request.header("host") ?? "")", "T1")))
    }
    defer { stage.server.stop() }
    let first = try await stage.page()
    let again = try await stage.page()
    try require(first.texts == again.texts && first.next == again.next, "the first page differs when read again")
    try require(first.rows.count == 3, "the first page has \(first.rows.count) rows, not 3")
    guard let cursor = first.next else { throw ContractViolation(description: "the next link was lost") }
    let last = try await stage.page(cursor)
    try require(try await stage.page(cursor).texts == last.texts, "the last page differs when read again")
    try require(last.rows.count == 2 && last.next == nil, "the last page has a next link")
  }

  static let emptyPage: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { request, _ in
      .answer(dialect.page(0..<0, dialect.link("http://\(request.header("host") ?? "")", "T1")))
    }
    defer { stage.server.stop() }
    let page = try await stage.page()
    try require(page.rows.isEmpty && page.next != nil, "the next link of an empty page was lost")
  }

  static let denied: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { _, _ in
      .answer("<html>401</html>", status: 401, type: "text/html", headers: ["WWW-Authenticate: Negotiate"])
    }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    try require(failure.exit == .denied && failure.recovery == .never, "the failure is \(failure.code)")
    try require(stage.dataRequests <= 2, "the credential was tried \(stage.dataRequests) times")
    try require(failure.hint != nil, "no hint says what to do")
  }

  static let throttled: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { _, number in
      number == 0 ? .answer("", status: 429, headers: ["Retry-After: 7"]) : .answer(dialect.page(0..<1, nil))
    }
    defer { stage.server.stop() }
    try require(try await stage.page().rows.count == 1, "the page after the wait is not whole")
    let slept = stage.time.sleeps.reduce(.zero, +)
    try require(slept >= .seconds(7) && slept <= .seconds(8), "it waited \(slept) where 7 s were asked for")
  }

  static let webPage: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { _, _ in
      .answer("<!DOCTYPE html><title>Sign in</title>", type: "text/html")
    }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    try require(
      failure.code.rawValue == "source.not_json" && failure.exit == .protocolBroken, "the failure is \(failure.code)")
    try require(stage.dataRequests == 1, "it was asked for \(stage.dataRequests) times")
  }

  static let cut: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let whole = dialect.page(0..<3, nil)
    let stage = try SourceStage(dialect) { _, number in
      switch number {
      case 0: .cut(String(decoding: whole.dropLast(5), as: UTF8.self), promising: whole.count)
      case 1: [.send(AnswerBytes.head(200, type: "application/json", headers: ["Content-Length: 9"])), .reset]
      case 2: .answer([UInt8](whole.dropLast(5)))
      default: .answer(whole)
      }
    }
    defer { stage.server.stop() }
    try require(try await stage.page().rows.count == 3, "the page is not whole")
  }

  static let staysCut: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { _, _ in .raw("HTTP/1.1 200 OK\r\nContent-Type: appl") }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    try require(failure.exit == .tryLater, "the failure is \(failure.code)")
    try require(stage.dataRequests <= 10, "it was asked for \(stage.dataRequests) times")
  }

  static let trickled: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let whole = dialect.page(0..<2, nil)
    let stage = try SourceStage(dialect) { _, _ in
      let head = AnswerBytes.head(200, type: "application/json", headers: ["Content-Length: \(whole.count)"])
      return [.trickle(head + whole, bytes: 1, milliseconds: 0)]
    }
    defer { stage.server.stop() }
    try require(try await stage.page().rows.count == 2, "the page is not whole")
  }

  static let tooSlow: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect, limits: SourceLimits(total: .milliseconds(200))) { _, _ in
      let head = AnswerBytes.head(200, type: "application/json", headers: ["Content-Length: 100000"])
      return [.send(head), .trickle([UInt8](repeating: 0x20, count: 100_000), bytes: 1, milliseconds: 10)]
    }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    try require(failure.recovery == .smallerWindow && failure.exit == .tryLater, "the failure is \(failure.code)")
  }

  static let silent: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect, limits: SourceLimits(idle: .milliseconds(100))) { _, _ in [.stall] }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    try require(failure.exit == .tryLater, "the failure is \(failure.code)")
    try require(stage.dataRequests <= 5, "it was asked for \(stage.dataRequests) times")
  }

  static let foreignLink: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let evil = try ScriptedServer { _, _ in .answer(dialect.page(0..<1, nil)) }
    defer { evil.stop() }
    let stage = try SourceStage(dialect) { _, _ in .answer(dialect.page(0..<1, dialect.link(evil.base, "T1"))) }
    defer { stage.server.stop() }
    let absolute = try await stage.page().next
    let links = [
      absolute?.link ?? "", "\(stage.server.base)/elsewhere?T1", "//127.0.0.1:\(evil.port)/", "file:///etc/passwd",
    ]
    for link in links where link.contains("\(evil.port)") || !link.hasPrefix("..") {
      let failure = try await stage.failure(PageCursor(link: link))
      try require(failure.code.rawValue == "source.foreign_link", "the failure is \(failure.code)")
      try require(failure.exit == .protocolBroken, "the exit code is \(failure.exit)")
    }
    try require(evil.connections == 0, "the foreign server was asked")
    try require(stage.dataRequests == 1, "another path was asked")
  }

  static let deadLink: @Sendable (SourceDialect) async throws -> Void = { dialect in
    for status in [400, 404, 410] {
      let stage = try SourceStage(dialect) { _, _ in .answer(#"{"error":{"code":"BadRequest"}}"#, status: status) }
      defer { stage.server.stop() }
      let failure = try await stage.failure(PageCursor(link: dialect.link(stage.server.base, "T1")))
      try require(failure.recovery == .restartWindow, "status \(status) ends as \(failure.code)")
    }
  }

  static let redirect: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let other = try ScriptedServer { _, _ in .answer(dialect.page(0..<1, nil)) }
    defer { other.stop() }
    for (status, location) in [(302, other.base + "/x"), (307, "/same"), (301, "file:///etc/passwd"), (308, "")] {
      let stage = try SourceStage(dialect) { _, _ in
        .answer("", status: status, headers: location.isEmpty ? [] : ["Location: \(location)"])
      }
      defer { stage.server.stop() }
      let failure = try await stage.failure()
      try require(failure.code.rawValue == "source.redirect", "status \(status) ends as \(failure.code)")
      try require(stage.dataRequests == 1, "the redirect was followed")
    }
    try require(other.connections == 0, "the redirect was followed to another server")
  }

  static let compressed: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let stage = try SourceStage(dialect) { _, _ in
      .answer(GzipBytes.stored(dialect.page(0..<40, nil)), headers: ["Content-Encoding: gzip"])
    }
    defer { stage.server.stop() }
    try require(try await stage.page().rows.count == 40, "the page is not whole")
    try require(stage.server.requests.last?.header("accept-encoding") == "gzip", "compression was not asked for")
  }

  static let bomb: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let bomb = GzipBytes.bomb(64 << 20, after: #"{"value":["#)
    let stage = try SourceStage(dialect, limits: SourceLimits(body: 1 << 20)) { _, _ in
      .answer(bomb, headers: ["Content-Encoding: gzip"])
    }
    defer { stage.server.stop() }
    let failure = try await stage.failure()
    try require(failure.code.rawValue == "source.too_large", "the failure is \(failure.code)")
    try require(failure.recovery == .smallerWindow, "no smaller window is asked for")
  }

  static let cancelled: @Sendable (SourceDialect) async throws -> Void = { dialect in
    let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
    let stage = try SourceStage(dialect) { _, _ in
      arrival.finish()
      return [.stall]
    }
    defer { stage.server.stop() }
    let failure = try await withThrowingTaskGroup(of: Failure?.self) { group in
      group.addTask { try await stage.failure() }
      group.addTask {
        for await _ in arrived {}
        return nil
      }
      _ = try await group.next()
      group.cancelAll()
      return try await group.next() ?? nil
    }
    try require(failure?.code == .stopped, "the failure is \(failure?.code.rawValue ?? "none")")
  }
}
