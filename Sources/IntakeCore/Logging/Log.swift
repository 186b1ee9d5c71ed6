// Log lines to stderr, as text or JSON. Never an event, never mail data.

internal import Glibc

/// Writes log lines. Values are quoted and cut, so that remote text can neither forge a line nor flood one.
package struct Log: Sendable {
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error
    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  package enum Format: String, Sendable { case text, json }

  package var level: Level
  package var format: Format
  /// Behind the values of every line: which of several playbooks speaks.
  private var tags: [(String, String)] = []
  private let now: @Sendable () -> Instant
  private let write: @Sendable ([UInt8]) -> Void

  /// `write` takes one whole line with its LF; stderr where nothing else is given.
  package init(
    level: Level = .info, format: Format = .text, now: @escaping @Sendable () -> Instant = { TimeSource.system.now() },
    write: @escaping @Sendable ([UInt8]) -> Void = Log.writeToStandardError
  ) {
    self.level = level
    self.format = format
    self.now = now
    self.write = write
  }

  /// One line: stable token, sentence, then key=value pairs.
  package func callAsFunction(
    _ level: Level, _ code: String, _ sentence: String, _ values: [(String, String)] = []
  ) {
    guard level >= self.level else { return }
    let values = values + tags
    var line: [UInt8] = []
    let time = Timestamp.text(now())
    switch format {
    case .text:
      line.append(contentsOf: Array("\(time) \(level) \(code) ".utf8))
      line.append(contentsOf: Array(Self.clean(sentence, limit: 1_024).utf8))
      for (key, value) in values { line.append(contentsOf: Array(" \(key)=\(Self.textValue(value))".utf8)) }
    case .json:
      let members =
        [
          ("@timestamp", time), ("log.level", "\(level)"), ("event.code", code),
          ("message", Self.clean(sentence, limit: 1_024)),
        ]
        + values.map { ($0.0, Self.clean($0.1, limit: 200)) }
      JSONValue.object(members.map { .init($0.0, .string($0.1)) }).append(to: &line)
    }
    line.append(0x0A)
    write(line)
  }

  /// This log with one more value in every line.
  package func tagged(_ key: String, _ value: String) -> Log {
    var log = self
    log.tags.append((key, value))
    return log
  }

  /// A failure as one line: its sentence, and its hint.
  package func failure(_ failure: Failure, level: Level = .error) {
    self(level, failure.code.rawValue, failure.sentence, failure.hint.map { [("hint", $0)] } ?? [])
    guard let cause = failure.cause else { return }
    self(.debug, failure.code.rawValue, "The error below.", [("cause", "\(cause)")])
  }

  package static let silent = Log(level: .error, write: { _ in })

  /// Control characters, C1 controls and bidi overrides become visible escapes; long text is cut by bytes.
  package static func clean(_ text: String, limit: Int) -> String {
    var result = ""
    var bytes = 0
    for scalar in text.unicodeScalars {
      let piece: String
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        piece = "\\u{\(String(scalar.value, radix: 16))}"
      default: piece = String(scalar)
      }
      bytes += piece.utf8.count
      guard bytes <= limit else { return result + "…" }
      result.unicodeScalars.append(contentsOf: piece.unicodeScalars)
    }
    return result
  }

  private static func textValue(_ value: String) -> String {
    let cleaned = clean(value, limit: 200)
    let plain = cleaned.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
    return plain && !cleaned.isEmpty ? cleaned : JSONText.quoted(cleaned)
  }

  /// Whole line in one `write(2)`; write errors are ignored.
  package static let writeToStandardError: @Sendable ([UInt8]) -> Void = { line in
    _ = unsafe Glibc.write(STDERR_FILENO, line, line.count)
  }
}
