// What `check` says of a source: sign in, read one row, compare clocks; each finding with what to do.

internal import HTTPTransport
package import IntakeCore

/// The findings of one trial run against a source. It asks once for each thing.
package struct Diagnosis: Sendable {
  /// One thing that was tried.
  package struct Finding: Sendable, Equatable {
    /// `sign-in`, `permission`, `read` or `clock`.
    package var name: String
    package var isGood: Bool
    /// One sentence for a person.
    package var sentence: String
    package var hint: String?

    package init(name: String, isGood: Bool, sentence: String, hint: String? = nil) {
      self.name = name
      self.isGood = isGood
      self.sentence = sentence
      self.hint = hint
    }
  }

  package private(set) var findings: [Finding] = []
  /// What stopped the trial, for the exit code; nil where everything was read.
  package private(set) var failure: Failure?

  package var isGood: Bool { findings.allSatisfy(\.isGood) }

  mutating func add(_ name: String, _ isGood: Bool, _ sentence: String, hint: String? = nil) {
    findings.append(Finding(name: name, isGood: isGood, sentence: sentence, hint: hint))
  }

  mutating func stop(_ name: String, _ failure: Failure) {
    add(name, false, failure.sentence, hint: failure.hint)
    self.failure = failure
  }
}

extension Reader {
  /// Signs in and sends one request, each once.
  func diagnose(_ request: Request) async -> Diagnosis {
    await RetryingTransport.$patience.withValue(1) { await tryAll(request) }
  }

  private func tryAll(_ request: Request) async -> Diagnosis {
    var diagnosis = Diagnosis()
    do {
      _ = try await signIn.authorization()
      diagnosis.add("sign-in", true, signIn is BasicSignIn ? "A service account is configured." : "Signed in.")
    } catch {
      diagnosis.stop("sign-in", error)
      return diagnosis
    }
    for complaint in tokens.complaints {
      diagnosis.add("permission", false, complaint.sentence, hint: complaint.hint)
    }
    do {
      let page = try await page(request, isContinued: false)
      diagnosis.add(
        "read", true,
        page.rows.isEmpty
          ? "The service answers; the last hours hold no message traces." : "The service gives out message traces.")
      diagnosis.compareClocks(page.serverDate, time.now())
    } catch {
      diagnosis.stop("read", error)
    }
    return diagnosis
  }
}

extension Diagnosis {
  /// Five minutes are what Kerberos, tokens and the program's own windows forgive.
  mutating func compareClocks(_ server: Instant?, _ local: Instant) {
    guard let server else { return }
    let seconds = (local - server).components.seconds
    guard abs(seconds) > 300 else {
      return add("clock", true, "This host's clock agrees with the service's to \(abs(seconds)) s.")
    }
    add(
      "clock", false, "This host's clock is \(abs(seconds)) s \(seconds > 0 ? "ahead of" : "behind") the service's.",
      hint: "Let NTP keep the time: windows end where this clock says that now is.")
  }
}

extension GraphSource {
  /// For `check`: signs in, reads one row of the last day, compares clocks.
  package func check() async -> Diagnosis { await reader.diagnose(trial) }
}

extension ReportingSource {
  /// For `check`: signs in, reads one row of the last day, compares clocks.
  package func check() async -> Diagnosis { await reader.diagnose(trial) }
}

extension Window {
  /// The day that ends a little before `now`.
  static func lastDay(before now: Instant) -> Window {
    Window(start: now - .seconds(86_400), end: now - .seconds(60))
  }
}
