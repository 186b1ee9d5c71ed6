// Notifications to systemd: sd_notify's datagrams, without its library. Source: sd_notify(3), systemd.service(5).

internal import Glibc
internal import IntakeCore

/// The socket that systemd listens on; without one, nothing is said.
package struct SystemdNotice: Sendable {
  /// A path, or `@` and an abstract name.
  private let socketName: String?
  /// The watchdog interval, nil if systemd has set none.
  package let watchdog: Duration?

  /// Seconds that one notice may take.
  private static let timeout = 2

  /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
  package init(environment: [String: String]) {
    let name = environment["NOTIFY_SOCKET"] ?? ""
    socketName = name.hasPrefix("/") || name.hasPrefix("@") ? name : nil
    let isMine = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    let span = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
    watchdog = isMine && span > 0 && socketName != nil ? .microseconds(span) : nil
  }

  package func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }
  package func status(_ status: String) { send("STATUS=\(Self.line(status))") }
  package func alive() { send("WATCHDOG=1") }
  package func stopping() { send("STOPPING=1\nSTATUS=Stopping") }

  /// `ready` ends what this begins.
  package func reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=\(TimeSource.monotonic.ticks / 10)")
  }

  /// A status is one line: line breaks would begin another assignment.
  static func line(_ text: String) -> String { Log.clean(text, limit: 300) }

  private func send(_ message: String) {
    guard let socketName, let address = Self.address(socketName) else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // A queue that is full for a moment must not lose a READY; one that is never read must not block the run.
    // A `timeval`, seconds and microseconds, of which Swift can make none here: its module is not to be named.
    let timeout = [Self.timeout, 0]
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, timeout, socklen_t(2 * MemoryLayout<Int>.size))
    let bytes = Array(message.utf8)
    unsafe address.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return }
      _ = unsafe sendto(
        descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL),
        base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
  }

  /// The bytes of a `sockaddr_un`: family, then the name; an abstract one begins with NUL and has no end.
  private static func address(_ name: String) -> [UInt8]? {
    let isAbstract = name.hasPrefix("@")
    let path = Array(name.utf8)
    guard path.count < 108, !path.contains(0) else { return nil }
    var bytes = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
    bytes += isAbstract ? [0] + path.dropFirst() : path + [0]
    return bytes
  }
}
