// Faults by name for `simulate --fault`; they occur from the first request on.

/// One thing that goes wrong, in the service or in the tenant.
package enum NamedFault: String, CaseIterable, Sendable {
  // Signing in.
  case secretExpired = "secret-expired"
  case basicOff = "basic-off"
  case unknownApp = "unknown-app"
  case authorityHTML = "authority-html"
  case authorityBusy = "authority-busy"
  // What the app may do.
  case noPermission = "no-permission"
  case noRole = "no-role"
  case noPrincipal = "no-principal"
  case tokenRefused = "token-refused"
  // Instead of an answer.
  case throttled, busy, html, redirect, gone, silent, reset, truncated
  case notFound = "not-found"
  case badRequest = "bad-request"
  case notHTTP = "not-http"
  case badJSON = "bad-json"
  case errorInAnswer = "error-in-answer"
  case brokenGzip = "broken-gzip"
  // In the pages.
  case foreignLink = "foreign-link"
  case repeatedLink = "repeated-link"
  case expiredLink = "expired-link"
  case oddRows = "odd-rows"
  // In the receivers of events.
  case sinkBusy = "sink-busy"
  case sinkHTML = "sink-html"
  case sinkTooLarge = "sink-too-large"
  case sinkPartial = "sink-partial"
  case sinkLostAnswer = "sink-lost-answer"
  case sinkSlow = "sink-slow"
  case sinkRefuses = "sink-refuses"
  case sinkRevoked = "sink-revoked"
  case ackNever = "ack-never"
  // The clock, and a bit of everything.
  case clockBehind = "clock-behind"
  case rough
  // In some of many tenants.
  case fewTenants = "few-tenants"

  /// One line for people.
  package var summary: String {
    switch self {
    case .secretExpired: "the app's client secret has expired"
    case .basicOff: "basic sign-in is disabled in the legacy service"
    case .unknownApp: "the app does not exist in the tenant"
    case .authorityHTML: "a web page instead of the authority's response"
    case .authorityBusy: "the authority answers 503"
    case .noPermission: "tokens lack the permission"
    case .noRole: "the app lacks the directory role of the legacy service"
    case .noPrincipal: "the tenant lacks Microsoft's service principal for message traces"
    case .tokenRefused: "every token is refused with 401"
    case .throttled: "429 with Retry-After: 2"
    case .busy: "503"
    case .html: "a proxy's sign-in page"
    case .redirect: "a redirect to another host"
    case .gone: "410"
    case .silent: "no data for 40 seconds, then the response"
    case .reset: "the connection is reset mid-response"
    case .truncated: "the response is truncated"
    case .notFound: "404"
    case .badRequest: "400 with a text that names an address"
    case .notHTTP: "the answer is not HTTP"
    case .badJSON: "the answer is broken JSON"
    case .errorInAnswer: "status 200 with an error instead of rows"
    case .brokenGzip: "compression with a wrong checksum"
    case .foreignLink: "next links lead to another host"
    case .repeatedLink: "next links form a loop"
    case .expiredLink: "next links have expired"
    case .oddRows: "unknown statuses and properties, nulls, other formats of times"
    case .sinkBusy: "every third request with events is answered 503 or 429"
    case .sinkHTML: "every third request with events is answered by a proxy's sign-in page"
    case .sinkTooLarge: "413 for bodies above 50 kB"
    case .sinkPartial: "every fifth event of a _bulk request is answered 429, in every other request"
    case .sinkLostAnswer: "every third request with events is taken, and its answer lost"
    case .sinkSlow: "5 seconds for each request with events"
    case .sinkRefuses: "events with 00f in them are refused for good"
    case .sinkRevoked: "credentials of receivers are refused from the third request on; a new token of Entra is good"
    case .ackNever: "Splunk's acknowledgement never comes"
    case .clockBehind: "the service's clock is ten minutes behind"
    case .rough: "a mix of transient faults"
    case .fewTenants: "of 100 playbooks of --tenants, one is answered 500 and one never"
    }
  }

  /// Makes it so; any number of faults go together.
  package func apply(to settings: inout SimulatorSettings) {
    switch self {
    case .secretExpired: settings.secretExpired = true
    case .basicOff: settings.basicAllowed = false
    case .unknownApp: settings.clientID = "00000000-0000-4000-8000-000000000000"
    case .noPermission: settings.permissionGranted = false
    case .noRole: settings.directoryRoleGranted = false
    case .noPrincipal: settings.principal = .absent(403)
    case .rough: settings.faults.rules += FaultPlan.rough(seed: settings.faults.seed).rules
    case .fewTenants:
      settings.hasTroubledTenants = true
      settings.faults.rules += [
        FaultRule(.status(500), on: SimulatedPlaybooks.failing),
        FaultRule(.latency(Self.never), on: SimulatedPlaybooks.hanging),
      ]
    default: settings.faults.rules += rules
    }
  }

  /// Longer than any client waits.
  private static let never: Duration = .seconds(150)

  private var rules: [FaultRule] {
    switch self {
    case .authorityHTML: [FaultRule(.html, on: "/contoso")]
    case .authorityBusy: [FaultRule(.status(503), on: "/contoso")]
    case .sinkBusy: receivers(.status(503), .every(3)) + receivers(.throttled(.seconds(1)), .every(5))
    case .sinkHTML: receivers(.html, .every(3))
    case .sinkTooLarge: receivers(.bodyCap(50_000), .always)
    case .sinkPartial: receivers(.items(429, every: 5), .every(2))
    case .sinkLostAnswer: receivers(.cut(0), .every(3))
    case .sinkSlow: receivers(.latency(.seconds(5)), .always)
    case .sinkRefuses: receivers(.refusedEvents("00f"), .always)
    case .sinkRevoked:
      receivers(.credentialReplaced, .requests(3...3))
        + [FaultRule(.tokenRevoked, on: "/dataCollectionRules/", .requests(3...3))]
    case .ackNever: [FaultRule(.neverConfirmed, on: "/services/collector")]
    default: faults.flatMap { fault in ["/v1.0/", "/beta/", "/ecp/"].map { FaultRule(fault, on: $0) } }
    }
  }

  private func receivers(_ fault: Fault, _ when: FaultRule.When) -> [FaultRule] {
    let paths = ["/_bulk", "/services/collector/event", "/dataCollectionRules/", "/plain/batch", "/receive"]
    return paths.map { FaultRule(fault, on: $0, when) }
  }

  /// In answers of the two services.
  private var faults: [Fault] {
    switch self {
    case .tokenRefused: [.status(401)]
    case .throttled: [.throttled(.seconds(2))]
    case .busy: [.status(503)]
    case .html: [.html]
    case .redirect: [.redirect("https://sign-in.example/")]
    case .gone: [.status(410)]
    case .silent: [.latency(.seconds(40))]
    case .reset: [.reset]
    case .truncated: [.truncated]
    case .notFound: [.status(404)]
    case .badRequest: [.answer(400, type: "application/json", body: Self.telltale)]
    case .notHTTP: [.raw(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))]
    case .badJSON: [.answer(200, type: "application/json", body: #"{"value":[{"id":"a"}}"#)]
    case .errorInAnswer: [.answer(200, type: "application/json", body: #"{"value":[],"error":{"code":"x"}}"#)]
    case .brokenGzip: [.brokenGzip]
    case .foreignLink: [.foreignLink("https://elsewhere.example")]
    case .repeatedLink: [.repeatedLink]
    case .expiredLink: [.expiredLink(410)]
    case .oddRows: [.unknownStatus, .unknownProperty, .nullForEmpty, .otherTimeSpelling]
    case .clockBehind: [.dateSkew(.seconds(-600))]
    default: []
    }
  }

  private static let telltale =
    #"{"error":{"code":"BadRequest","message":"The value john.doe@contoso.com is not valid."}}"#
}
