// The header of a syslog message: RFC 5424 section 6.2, or RFC 3164 section 4.1.
//
// Its fields come from the configuration and from this program, never from mail.

internal import Glibc
internal import IntakeCore

/// Everything of a message before its text. What does not depend on the event is written once.
struct SyslogHeader: Sendable {
  private let format: SyslogOptions.Format
  /// From `<` to the time, by severity: warning for what failed, informational for the rest.
  private let failed: [UInt8]
  private let ordinary: [UInt8]
  /// From the time to the event's id, or to the message.
  private let middle: [UInt8]

  init(_ options: SyslogOptions) {
    format = options.format
    let version = options.format == .rfc5424 ? "1 " : ""
    failed = Array("<\(options.facility * 8 + 4)>\(version)".utf8)
    ordinary = Array("<\(options.facility * 8 + 6)>\(version)".utf8)
    let host = options.hostname ?? Self.ownName()
    middle = Array(
      (options.format == .rfc5424
        ? " \(host) \(options.appName) \(getpid()) o365.message_trace \(options.structuredData?.text ?? "")[event@32473 id=\""
        : " \(host) \(options.appName)[\(getpid())]: ").utf8)
  }

  /// The header of one event's message, up to the message itself.
  func bytes(_ entry: Batch.Entry) -> [UInt8] {
    var head: [UInt8] = []
    head.reserveCapacity(middle.count + 80)
    head.append(contentsOf: entry.outcome == .failure ? failed : ordinary)
    switch format {
    case .rfc5424:
      if entry.received >= .earliest && entry.received <= .latest {
        Timestamp.append(entry.received, to: &head)
      } else {
        head.append(UInt8(ascii: "-"))
      }
      head.append(contentsOf: middle)
      Self.append(hex: entry.identity.high, to: &head)
      Self.append(hex: entry.identity.low, to: &head)
      head.append(contentsOf: "\"] ".utf8)
    case .rfc3164:
      head.append(contentsOf: Self.oldTime(entry.received).utf8)
      head.append(contentsOf: middle)
    }
    return head
  }

  private static func append(hex word: UInt64, to output: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
      output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /// RFC 3164 section 4.1.2, `Nov  1 05:06:07`, in UTC.
  private static func oldTime(_ instant: Instant) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let text = Timestamp.text(instant)
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    let day = Int(text.dropFirst(8).prefix(2)) ?? 1
    return "\(months[(month + 11) % 12]) \(day < 10 ? " " : "")\(day) \(text.dropFirst(11).prefix(8))"
  }

  private static func ownName() -> String {
    var characters = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&characters, characters.count - 1) == 0 else { return "-" }
    let name = characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    guard !name.isEmpty, name.allSatisfy({ (33...126).contains($0) }) else { return "-" }
    return String(decoding: name, as: UTF8.self)
  }
}
