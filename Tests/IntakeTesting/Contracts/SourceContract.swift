// What every source promises, as scenarios that run against any of them.

package import IntakeCore

/// How one service speaks, so that a scenario can be played in its words.
package struct SourceDialect: Sendable, CustomStringConvertible {
  package var name: String
  /// A page with one row for each number, and a next link.
  package var page: @Sendable (_ rows: Range<Int>, _ link: String?) -> [UInt8]
  /// A next link to the server at `base` that the service would send.
  package var link: @Sendable (_ base: String, _ token: String) -> String
  /// The answer to a request that belongs to signing in; nil for a request for data.
  package var signIn: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step]?
  /// A source that reads from the server, with these limits and this clock.
  package var source: @Sendable (ScriptedServer, SourceLimits, ManualClock) throws -> any Source

  package init(
    name: String, page: @escaping @Sendable (Range<Int>, String?) -> [UInt8],
    link: @escaping @Sendable (String, String) -> String,
    signIn: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step]?,
    source: @escaping @Sendable (ScriptedServer, SourceLimits, ManualClock) throws -> any Source
  ) {
    self.name = name
    self.page = page
    self.link = link
    self.signIn = signIn
    self.source = source
  }

  package var description: String { name }
}

package struct SourceLimits: Sendable {
  package var total = Duration.seconds(60)
  package var idle = Duration.seconds(60)
  package var body = 64 << 20
}

/// A promise that a source broke.
package struct ContractViolation: Error, CustomStringConvertible {
  package var description: String
}

/// One promise and the script that tries it.
package struct SourceScenario: Sendable, CustomStringConvertible {
  package var description: String
  package var play: @Sendable (SourceDialect) async throws -> Void

  package static let window = Window(start: Instant(seconds: 1_770_000_000), end: Instant(seconds: 1_770_003_600))

  package static let all: [SourceScenario] = [
    .init(description: "the same cursor gives the same rows, and the last page has no next link", play: sameCursor),
    .init(description: "an empty page with a next link is not the end", play: emptyPage),
    .init(description: "a refused credential is tried twice at most and ends as denied", play: denied),
    .init(description: "a throttled request waits for Retry-After and continues", play: throttled),
    .init(description: "a web page instead of data fails without a retry", play: webPage),
    .init(description: "a truncated answer is requested again", play: cut),
    .init(description: "an answer that stays truncated is a temporary failure", play: staysCut),
    .init(description: "an answer of one byte at a time is read whole", play: trickled),
    .init(description: "an answer that takes too long leads to a smaller window", play: tooSlow),
    .init(description: "a service that sends nothing is a temporary failure", play: silent),
    .init(description: "a next link to another origin is refused and nothing is sent there", play: foreignLink),
    .init(description: "an expired next link restarts the window", play: deadLink),
    .init(description: "a redirect is not followed", play: redirect),
    .init(description: "a compressed answer is unpacked", play: compressed),
    .init(description: "a small answer that unpacks to a huge one is stopped", play: bomb),
    .init(description: "cancelling ends a stalled request", play: cancelled),
  ]
}

/// One server, one source, one clock: what a scenario plays with.
package struct SourceStage: Sendable {
  package let server: ScriptedServer
  package let source: any Source
  package let time = ManualClock()
  package let dialect: SourceDialect

  /// - Parameter data: the script for the n-th request for data, sign-in requests not counted.
  package init(
    _ dialect: SourceDialect, limits: SourceLimits = SourceLimits(),
    data: @escaping @Sendable (ScriptedServer.Request, Int) -> [ScriptedServer.Step]
  ) throws {
    let counter = Counter()
    server = try ScriptedServer { request, _ in
      dialect.signIn(request) ?? data(request, counter.next())
    }
    self.dialect = dialect
    source = try dialect.source(server, limits, time)
  }

  package func page(_ cursor: PageCursor? = nil) async throws(Failure) -> Page {
    try await source.page(SourceScenario.window, after: cursor)
  }

  /// The failure of a page; a violation where there is none.
  package func failure(_ cursor: PageCursor? = nil) async throws(ContractViolation) -> Failure {
    do {
      _ = try await page(cursor)
    } catch {
      return error
    }
    throw ContractViolation(description: "the page was read although it should have failed")
  }

  package var dataRequests: Int { server.requests.count { dialect.signIn($0) == nil } }
}
