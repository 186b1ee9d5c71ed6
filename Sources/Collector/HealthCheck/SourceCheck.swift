// The health check of a source: sign in, read one row, compare clocks.

internal import HTTPTransport
package import IntakeCore

/// The findings of one trial run against a source. Nothing is retried.
package struct SourceCheck: Sendable {
  /// The result of one step.
  package struct Finding: Sendable, Equatable {
    /// `sign-in`, `permission`, `read` or `clock`.
    package var name: String
    package var isGood: Bool
    /// One sentence.
    package var sentence: String
    package var hint: String?
    /// Works now and needs attention.
    package var isWarning = false

    package init(name: String, isGood: Bool, sentence: String, hint: String? = nil, isWarning: Bool = false) {
      self.name = name
      self.isGood = isGood
      self.isWarning = isWarning
      self.sentence = sentence
      self.hint = hint
    }
  }

  package private(set) var findings: [Finding] = []
  /// The failure that ended the check, for the exit code; nil if all steps ran.
  package private(set) var failure: Failure?

  package var isGood: Bool { findings.allSatisfy(\.isGood) }

  mutating func add(_ finding: Finding) { findings.append(finding) }

  mutating func add(_ name: String, _ isGood: Bool, _ sentence: String, hint: String? = nil) {
    findings.append(Finding(name: name, isGood: isGood, sentence: sentence, hint: hint))
  }

  mutating func stop(_ name: String, _ failure: Failure) {
    add(name, false, failure.sentence, hint: failure.hint)
    self.failure = failure
  }
}

extension ServiceClient {
  /// Signs in and sends one request, each without retry.
  func checkHealth(_ request: Request) async -> SourceCheck { await limited(toTries: 1).tryAll(request) }

  private func tryAll(_ request: Request) async -> SourceCheck {
    var check = SourceCheck()
    if let certificate, let finding = CertificateDates.finding(certificate, now: time.now()) { check.add(finding) }
    do {
      _ = try await authenticator.authorization()
      check.add("sign-in", true, authenticator.summary)
    } catch {
      check.stop("sign-in", error)
      return check
    }
    for problem in tokens.problems {
      check.add("permission", false, problem.sentence, hint: problem.hint)
    }
    do {
      let page = try await page(request, isContinued: false)
      check.add(
        "read", true,
        page.rows.isEmpty
          ? "The service answers; there are no message traces in the last day."
          : "The service returns message traces.")
      check.compareClocks(page.serverDate, time.now())
    } catch {
      check.stop("read", error)
    }
    return check
  }
}

extension SourceCheck {
  /// Kerberos, tokens and the program's windows tolerate five minutes.
  mutating func compareClocks(_ server: Instant?, _ local: Instant) {
    guard let server else { return }
    let seconds = (local - server).components.seconds
    guard abs(seconds) > 300 else {
      return add("clock", true, "This host's clock differs from the service's by \(abs(seconds)) s.")
    }
    add(
      "clock", false,
      "This host's clock is \(abs(seconds)) s \(seconds > 0 ? "ahead of" : "behind") the service's clock.",
      hint: "Synchronise this host with NTP: windows end at the earlier of both times.")
  }
}
