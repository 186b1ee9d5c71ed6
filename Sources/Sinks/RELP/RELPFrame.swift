// Frames of the reliable event logging protocol: `TXNR COMMAND LENGTH[ DATA]` and a line feed.
// Source: https://github.com/rsyslog/librelp/blob/master/doc/relp.html

internal import IntakeCore

/// One frame that the receiver sent.
struct RELPFrame: Sendable, Equatable {
  /// Of the command that it answers; 0 for what the receiver says by itself.
  var transaction: Int
  var command: String
  var data: [UInt8]

  /// The transaction numbers are from 1 to this and start again then.
  static let lastTransaction = 999_999_999

  /// The status at the beginning of an answer's data: three digits, and a space behind them if anything follows.
  var status: Int? {
    let digits = data.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard data.count == 3 || data[3] == .space || data[3] == .lineFeed else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Appends a frame to what is to be sent.
  static func append(_ transaction: Int, _ command: String, _ data: [UInt8], to output: inout [UInt8]) {
    output.append(contentsOf: "\(transaction) \(command) \(data.count)".utf8)
    if !data.isEmpty {
      output.append(.space)
      output.append(contentsOf: data)
    }
    output.append(.lineFeed)
  }
}

/// Takes the received bytes apart.
struct RELPReader: Sendable {
  struct Malformed: Error, Equatable {}

  /// Received and not read yet, from `start`.
  var bytes: [UInt8] = []
  private var start = 0

  /// An answer is a few bytes long; a receiver that announces more than this does not speak the protocol.
  private static let longestData = 65_536
  private static let longestCommand = 32

  /// The next whole frame; nil until its last byte is there.
  mutating func next() throws(Malformed) -> RELPFrame? {
    var at = start
    guard let transaction = try number(&at, upTo: RELPFrame.lastTransaction), let command = try word(&at),
      let length = try number(&at, upTo: Self.longestData), at < bytes.count
    else { return compact() }
    // librelp writes no space where there are no data; the specification has one.
    if bytes[at] == .space { at += 1 } else if length > 0 { throw Malformed() }
    guard bytes.count - at > length else { return compact() }
    let data = Array(bytes[at..<(at + length)])
    guard bytes[at + length] == .lineFeed else { throw Malformed() }
    start = at + length + 1
    return RELPFrame(transaction: transaction, command: command, data: data)
  }

  private mutating func compact() -> RELPFrame? {
    bytes.removeSubrange(..<start)
    start = 0
    return nil
  }

  /// Digits; the byte behind them stays unless it is a space that a further field follows.
  private func number(_ at: inout Int, upTo most: Int) throws(Malformed) -> Int? {
    let first = at
    var value = 0
    while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
      value = value * 10 + Int(bytes[at] - 0x30)
      guard value <= most, at - first < 9 else { throw Malformed() }
      at += 1
    }
    guard at < bytes.count else { return nil }
    guard at > first, bytes[at] == .space || bytes[at] == .lineFeed else { throw Malformed() }
    return value
  }

  private func word(_ at: inout Int) throws(Malformed) -> String? {
    guard bytes[at] == .space else { throw Malformed() }
    at += 1
    let first = at
    while at < bytes.count, (0x61...0x7A).contains(bytes[at] | 0x20) {
      at += 1
      guard at - first <= Self.longestCommand else { throw Malformed() }
    }
    guard at < bytes.count else { return nil }
    guard at > first, bytes[at] == .space else { throw Malformed() }
    defer { at += 1 }
    return String(decoding: bytes[first..<at], as: UTF8.self)
  }
}
