// What a service says is neither repeated in an error nor logged, but for debugging, filtered.

internal import IntakeCore
internal import IntakeTesting
import Testing

@Suite(.ownThreads) struct LogPrivacyTests {
  /// Each holds what must not be logged.
  static let answers: [(status: Int, body: String)] = [
    (
      400,
      "{\"error\":{\"code\":\"BadRequest\",\"message\":\"Resource not found for getDetailsByRecipient(recipientAddress='bob.victim%40contoso.com')\"}}"
    ),
    (
      400,
      "{\"error\":{\"code\":\"BadRequest\",\"message\":\"The value bob.victim@contoso.com in Quarterly-Figures is odd\"}}"
    ),
    (
      400,
      "{\"error\":{\"code\":\"Bad\\nRequest\",\"message\":\"the subject 'Quarterly-Figures' of \\\"bob.victim%2540contoso.com\\\"\"}}"
    ),
    (
      403,
      "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Authorization: Bearer eyJhbGciOiJub25l.Quarterly-Figures.x was refused\"}}"
    ),
    (418, "{\"error\":{\"code\":\"x\",\"message\":\"GET https://graph.example/v1?subject=Quarterly-Figures failed\"}}"),
    (200, "<html><title>Quarterly-Figures of bob.victim@contoso.com</title>"),
    (500, "{\"error\":{\"code\":\"Quarterly-Figures\",\"message\":\"bob.victim\\u0040contoso.com\"}}"),
  ]

  @Test("at the default level an error holds no remote text", arguments: answers.indices, ["warning", "info"])
  func quiet(_ index: Int, _ level: String) throws {
    let (status, body) = Self.answers[index]
    let service = try HostileService { _, _ in .answer(body, status: status, headers: ["Retry-After: 3600"]) }
    let result = service.collect(["--log-level", level])
    #expect(result.status != 0)
    for word in ["bob.victim", "Quarterly", "eyJ", "recipientAddress"] {
      #expect(!result.errors.contains(word), "\(result.errors)")
    }
    #expect(!(try service.folder.text("state/status.json")).contains("bob.victim"))
  }

  @Test("for debugging, what is said is logged without addresses, tokens, quoted text and query strings")
  func debug() throws {
    for (status, body) in Self.answers where status != 500 {
      let service = try HostileService { _, _ in .answer(body, status: status) }
      let result = service.collect(["--log-level", "debug"])
      for word in ["bob.victim", "eyJ", "subject="] { #expect(!result.errors.contains(word), "\(result.errors)") }
      #expect(result.errors.contains(status == 200 ? "source.body" : "source.said"), "\(result.errors)")
    }
  }

  @Test("an unknown AADSTS text is cut at its first line, also at CR LF")
  func authority() throws {
    let service = try HostileService { _, _ in
      .answer(
        "{\"error\":\"x\",\"error_description\":\"AADSTS999999: something odd.\\r\\nTrace ID: second-line\\r\\nUser: bob.victim@contoso.com\",\"error_codes\":[999999]}",
        status: 401)
    }
    let environment = ["MESSAGE_TRACE_CLIENT_SECRET": "s3cret-77"]
    let quiet = Program.run(service.secretArguments, environment: environment)
    #expect(quiet.status == 77 && quiet.errors.contains("AADSTS999999"), "\(quiet.errors)")
    let debug = Program.run(service.secretArguments + ["--log-level", "debug"], environment: environment)
    #expect(debug.errors.contains("something odd"), "\(debug.errors)")
    for result in [quiet, debug] {
      for word in ["second-line", "bob.victim", "s3cret-77"] { #expect(!result.errors.contains(word)) }
    }
  }

  @Test("a remote text cannot forge a log line")
  func injected() throws {
    let line = "2026-01-01T00:00:00.000Z info pass.done Pass done."
    let service = try HostileService { _, _ in
      .answer("{\"error\":{\"code\":\"a\",\"message\":\"x\\n\(line)\\u2028\(line)\"}}", status: 400)
    }
    let result = service.collect(["--log-level", "debug"])
    #expect(
      !result.errors.split(whereSeparator: { $0.isNewline }).contains { $0.hasPrefix("2026-01-01T00:00:00.000Z") })
  }
}
