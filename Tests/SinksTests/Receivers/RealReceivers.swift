// rsyslogd and syslog-ng with configurations of their own, to be stopped, killed and started as a test likes.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Sinks

/// A receiver that can be taken down under a sink.
protocol MortalReceiver: Sendable {
  var port: UInt16 { get }
  /// Returns once it listens.
  func start() async throws
  func stop(_ signal: Int32)
  /// What arrived since it was made, in order.
  func arrived() throws -> [Identity]
}

/// A program that writes what it received to a file, one line `[event@32473 id="…"]` a message unless told otherwise.
final class RealReceiver: MortalReceiver {
  enum Program: String, Sendable, CaseIterable {
    case rsyslogd
    case syslogNG = "syslog-ng"
  }

  let port: UInt16
  /// For `%msg%` and the like.
  let folder: ScratchFolder
  private let command: [String]
  private let process = Mutex<TestProcess?>(nil)

  /// - Parameters:
  ///   - secure: TLS on the port instead of TCP and UDP, with a certificate of the folder's authority.
  ///   - whole: the message with its structured data instead of that alone.
  ///   - configuration: in place of our own, for a port.
  init(
    _ program: Program = .rsyslogd, in folder: ScratchFolder, secure: Bool = false, whole: Bool = false,
    configuration: ((UInt16) -> String)? = nil
  ) throws {
    self.folder = folder
    port = try Loopback.freePort()
    let text =
      switch program {
      case .rsyslogd: Self.rsyslog(folder, port, secure: secure, whole: whole)
      case .syslogNG: Self.syslogNG(folder, port, secure: secure, whole: whole)
      }
    try folder.write(configuration?(port) ?? text, to: "receiver.conf")
    command =
      switch program {
      case .rsyslogd: ["rsyslogd", "-n", "-f", folder("receiver.conf"), "-i", folder("pid")]
      case .syslogNG:
        try #require(Self.syslogNGCommand, "syslog-ng or openssl is not installed") + Self.syslogNGOptions(folder)
      }
  }

  func start() async throws {
    var program = TestProgram(command)
    program.output = .path(folder("said"))
    program.errors = .path(folder("said.log"))
    let new = try program.start()
    process.withLock { $0 = new }
    try await Loopback.waitForListener(port)
  }

  func stop(_ signal: Int32 = SIGTERM) {
    let old = process.withLock { process in
      defer { process = nil }
      return process
    }
    _ = old?.stop(signal)
  }

  /// The lines that arrived.
  func lines() throws -> [ArraySlice<UInt8>] {
    let bytes = try folder.bytes("got")
    let ends = Self.lineEnds(bytes)
    let lines = zip([-1] + ends, ends).map { bytes[($0 + 1)..<$1] }
    // A new sink asks whether the receiver speaks TLS; rsyslog's imtcp makes an empty message of that.
    return lines.filter { !$0.elementsEqual("- ".utf8) }
  }

  /// Returns once so many lines have arrived.
  func waitForLines(_ count: Int) async throws {
    try #require(await Waiting.whileSleeping { try lines().count >= count })
  }

  private static func lineEnds(_ bytes: [UInt8]) -> [Int] {
    unsafe bytes.withUnsafeBytes { buffer in
      var ends: [Int] = []
      guard let start = buffer.baseAddress else { return ends }
      var at = 0
      while let found = unsafe memchr(start + at, 0x0A, buffer.count - at) {
        unsafe ends.append(UnsafeRawPointer(found) - start)
        at = (ends.last ?? 0) + 1
      }
      return ends
    }
  }

  /// A program that is killed may leave a line cut short, and the next one behind it: the whole one at the end counts.
  func arrived() throws -> [Identity] {
    try lines().compactMap { line in
      let text = Array(line.suffix(51))
      guard text.count == 51, text.starts(with: "[event@32473 id=\"".utf8), text[49] == UInt8(ascii: "\"") else {
        return nil
      }
      return try Frames.identity(text[17..<49])
    }
  }

  /// With the program that makes the certificates of its TLS.
  static func isWanted(_ program: Program) -> Bool {
    guard InstalledProgram.isWanted("openssl") else { return false }
    return switch program {
    case .rsyslogd: InstalledProgram.isWanted("rsyslogd")
    // Debian does not install it beside rsyslog, so that even CI may be without.
    case .syslogNG: syslogNGCommand != nil
    }
  }
}

extension RealReceiver {
  private static func rsyslog(_ folder: ScratchFolder, _ port: UInt16, secure: Bool, whole: Bool) -> String {
    let input = "address=\"127.0.0.1\" port=\"\(port)\""
    let modules =
      secure
      ? """
      global(defaultNetstreamDriverCAFile="\(folder("ca.pem"))" defaultNetstreamDriverCertFile="\(folder("server.pem"))"
        defaultNetstreamDriverKeyFile="\(folder("server.key"))")
      module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
      input(type="imtcp" \(input))
      """
      : """
      module(load="imtcp")
      module(load="imudp")
      input(type="imtcp" \(input))
      input(type="imudp" \(input) rcvbufSize="4m")
      """
    return """
      global(workDirectory="\(folder.path)")
      \(modules)
      template(name="raw" type="string" string="%structured-data%\(whole ? " %msg%" : "")\\n")
      action(type="omfile" file="\(folder("got"))" template="raw")

      """
  }

  private static func syslogNG(_ folder: ScratchFolder, _ port: UInt16, secure: Bool, whole: Bool) -> String {
    let place = "ip(\"127.0.0.1\") port(\(port)) flags(no-parse)"
    let input =
      secure
      ? """
      syslog(transport("tls") \(place) tls(cert-file("\(folder("server.pem"))") key-file("\(folder("server.key"))")
        peer-verify(optional-untrusted)));
      """
      : "syslog(transport(\"tcp\") \(place)); syslog(transport(\"udp\") \(place) so-rcvbuf(4194304));"
    // Unparsed, the message is the whole frame; its structured data is cut out of it.
    return """
      @version: 3.35
      options { keep-hostname(yes); stats-freq(0); };
      source s { \(input) };
      rewrite r { subst("^.*(\\\\[event@32473 id=\\"[0-9a-f]{32}\\"\\\\]).*$", "$1", value("MESSAGE") type("pcre")); };
      destination d { file("\(folder("got"))" template("${MESSAGE}\\n") flush-lines(1)); };
      log { source(s); \(whole ? "" : "rewrite(r); ")destination(d); };

      """
  }

  /// Installed, or unpacked under /opt because packages of two syslog daemons exclude each other.
  private static let syslogNGCommand: [String]? = {
    let root = "/opt/syslog-ng"
    if unsafe access("/usr/sbin/syslog-ng", X_OK) == 0 { return ["/usr/sbin/syslog-ng"] }
    guard unsafe access("\(root)/usr/sbin/syslog-ng", X_OK) == 0 else { return nil }
    let libraries = [
      "usr/lib/syslog-ng", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib/x86_64-linux-gnu",
    ]
    return [
      "env", "LD_LIBRARY_PATH=\(libraries.map { "\(root)/\($0)" }.joined(separator: ":"))",
      "\(root)/usr/sbin/syslog-ng", "--module-path=\(root)/usr/lib/syslog-ng/3.38",
    ]
  }()

  private static func syslogNGOptions(_ folder: ScratchFolder) -> [String] {
    [
      "-F", "--no-caps", "-f", folder("receiver.conf"), "-R", folder("persist"), "-c", folder("control"), "-p",
      folder("pid"),
    ]
  }
}
