// Kinds of sinks whose specs are read in a folder of their own.

package import HTTPTransport
package import IntakeCore

/// What a spec has been read to. `SinkSpec.kinds` lists the conforming types.
protocol SinkTarget: Sendable {
  /// What its specs begin with, before `://`.
  static var schemes: [String] { get }

  /// - Throws: `sink.spec` (78), naming the option or part that is wrong.
  init(_ text: SinkText) throws(Failure)

  /// Reads the secrets that the options name.
  /// - Throws: exit 78 for one that is missing, unreadable or not private.
  mutating func loadSecrets(_ environment: [String: String]) throws(Failure)

  /// Profiles that the receiver knows fields of, the best first; empty: any.
  var profiles: [String] { get }

  func makeSink(_ context: SinkContext) throws(Failure) -> any Sink

  /// Tries the way to the receiver without an event: for `check`. What is good or doubtful, one sentence each.
  func check(_ context: SinkContext) async throws(Failure) -> [SinkFinding]
}

extension SinkTarget {
  var profiles: [String] { [] }
}

/// What `check` found out about a sink.
package struct SinkFinding: Sendable, Equatable {
  package let sentence: String
  package let isWarning: Bool

  init(_ sentence: String, isWarning: Bool = false) {
    self.sentence = sentence
    self.isWarning = isWarning
  }
}

/// What sinks share with the rest of the program.
package struct SinkContext: Sendable {
  package var log: Log
  package var time: TimeSource
  /// The tenant and the place of its state: what tells two collectors apart at a destination that keeps track of them.
  package var owner: String
  /// True for a sink beside the collector's own: it must not take the collector's place where one writer has to be told
  /// from another.
  package var isTrial = false
  /// Proxy, trust and deadlines of the program; a sink's own options take precedence.
  package var http: HTTPSettings
  /// Where events are kept that a receiver refuses for good; nil: such an event is a failure of its batch.
  package var deadLetters: (any DeadLetters)?
  /// Makes an Entra sign-in for a sink; nil where none can be made.
  package var signIn: (@Sendable (SinkSignIn) throws(Failure) -> any TokenSource)?

  package init(
    log: Log, time: TimeSource, owner: String = "", http: HTTPSettings = HTTPSettings(),
    deadLetters: (any DeadLetters)? = nil,
    signIn: (@Sendable (SinkSignIn) throws(Failure) -> any TokenSource)? = nil
  ) {
    self.log = log
    self.time = time
    self.owner = owner
    self.http = http
    self.deadLetters = deadLetters
    self.signIn = signIn
  }
}

/// The Entra sign-in that a sink needs.
package struct SinkSignIn: Sendable {
  /// Such as `https://monitor.azure.com`.
  package let resource: String
  /// The only origin that the tokens are sent to.
  package let origin: Origin
  /// An app of the sink's own with its secret; nil: the sign-in of the source.
  package let clientID: String?
  /// Of that app; nil: the source's.
  package let tenant: String?
  package let secret: Secret?
}

/// A spec taken apart: `SCHEME://PLACE?NAME=VALUE&…`, values percent-encoded.
struct SinkText: Sendable {
  let scheme: String
  let place: String
  /// In the order written; a name may come several times.
  let options: [(name: String, value: String)]
  /// The spec without options.
  var name: String { "\(scheme)://\(place)" }

  /// nil for another form.
  init?(_ text: String) throws(Failure) {
    guard let colon = text.ranges(of: "://").first else { return nil }
    scheme = String(text[..<colon.lowerBound])
    let rest = text[colon.upperBound...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    place = String(rest[0])
    options = try Self.options(rest.count > 1 ? rest[1] : "", of: "\(scheme)://\(rest[0])")
  }

  private static func options(
    _ query: Substring, of name: String
  ) throws(Failure) -> [(name: String, value: String)] {
    var options: [(name: String, value: String)] = []
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2,
        let value = PercentEncoding.decode(parts[1]).flatMap({ String(validating: $0, as: UTF8.self) }), !value.isEmpty
      else {
        throw SinkSpec.wrong("Reading the sink \(name): the option \(parts[0]) has no value.")
      }
      options.append((parts[0], value))
    }
    return options
  }
}

extension SinkText {
  /// The value of an option that is a whole number.
  static func number(
    _ option: String, _ value: String, _ range: ClosedRange<Int>, of sink: String
  ) throws(Failure) -> Int {
    if let number = Int(value), range.contains(number) { return number }
    throw SinkSpec.wrong(
      "Reading the sink \(sink): \(option) must be a whole number from \(range.lowerBound) to \(range.upperBound).",
      hint: "Correct the option \(option).")
  }
}

extension Failure {
  /// With all values that the option may have.
  static func unknownValue(_ value: String, option: String, of sink: String, among words: [String]) -> Failure {
    SinkSpec.wrong(
      "Reading the sink \(sink): \(option)=\(value) is unknown.",
      hint: "Valid values: \(words.joined(separator: ", ")).")
  }

  /// With the nearest name, or all of them.
  static func unknownOption(_ name: String, of sink: String, among names: [String]) -> Failure {
    let nearest = Suggestion.name(to: name, among: names).map { "Did you mean \($0)?" }
    return SinkSpec.wrong(
      "Reading the sink \(sink): unknown option \(name).",
      hint: nearest ?? "Options: \(names.joined(separator: ", ")).")
  }
}
