// Octet-counted frames apart again.

internal import IntakeCore

/// A strict reader of RFC 6587 octet counting around RFC 5424.
enum Frames {
  struct Malformed: Error { var offset: Int }

  /// Each message of a whole stream; throws at the first byte that does not belong.
  static func parse(_ stream: [UInt8]) throws -> [String] {
    var messages: [String] = []
    var at = 0
    while at < stream.count {
      guard let (range, next) = frame(stream, at), range.upperBound <= stream.count else { throw Malformed(offset: at) }
      let message = Array(stream[range])
      guard message.first == UInt8(ascii: "<"), message.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw Malformed(offset: at)
      }
      messages.append(String(decoding: message, as: UTF8.self))
      at = next
    }
    return messages
  }

  /// Whole frames at the beginning of a stream.
  static func count(_ stream: [UInt8]) -> Int {
    var (count, at) = (0, 0)
    while let (range, next) = frame(stream, at), range.upperBound <= stream.count { (count, at) = (count + 1, next) }
    return count
  }

  /// The `event.id` values in order, of the whole frames of each connection.
  static func ids(_ connections: [[UInt8]]) -> [String] {
    connections.flatMap { stream in
      var (ids, at): ([String], Int) = ([], 0)
      while let (range, next) = frame(stream, at), range.upperBound <= stream.count {
        let text = String(decoding: stream[range], as: UTF8.self)
        if let key = text.firstRange(of: "\"event.id\":\"") {
          ids.append(String(text[key.upperBound...].prefix { $0 != "\"" }))
        }
        at = next
      }
      return ids
    }
  }

  /// The `id` of the structured data of every whole frame; what is cut short at the end is left out.
  static func identities(_ stream: [UInt8]) throws -> [Identity] {
    let mark = Array("[event@32473 id=\"".utf8)
    var (found, at): ([Identity], Int) = ([], 0)
    while let (range, next) = frame(stream, at), range.upperBound <= stream.count {
      guard let start = range.first(where: { stream[$0] == mark[0] && stream[$0...].starts(with: mark) }) else {
        throw Malformed(offset: range.lowerBound)
      }
      found.append(try identity(stream[(start + mark.count)...].prefix(32)))
      at = next
    }
    return found
  }

  /// From 32 hex digits.
  static func identity(_ hex: ArraySlice<UInt8>) throws -> Identity {
    guard hex.count == 32 else { throw Malformed(offset: hex.startIndex) }
    var words: [UInt64] = [0, 0]
    for (index, byte) in hex.enumerated() {
      guard let digit = JSONText.hexDigit(byte) else { throw Malformed(offset: hex.startIndex + index) }
      words[index / 16] = words[index / 16] << 4 | UInt64(digit)
    }
    return Identity(high: words[0], low: words[1])
  }

  private static func frame(_ stream: [UInt8], _ start: Int) -> (Range<Int>, Int)? {
    var (at, length) = (start, 0)
    while at < stream.count, (0x30...0x39).contains(stream[at]), length < 100_000_000 {
      length = length * 10 + Int(stream[at] - 0x30)
      at += 1
    }
    guard at > start, stream[start] != 0x30, at < stream.count, stream[at] == 0x20 else { return nil }
    return ((at + 1)..<(at + 1 + length), at + 1 + length)
  }
}
