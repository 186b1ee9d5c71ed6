// A PostgreSQL server of a test's own: the installed program on a free port of 127.0.0.1, its data in a temporary folder.

internal import Glibc
internal import IntakeCore

/// A running server; stopped when the last reference goes. It refuses to run as root: then it runs as the user `postgres`,
/// whom Debian's package makes.
package final class PostgresServer: Sendable {
  /// Of 127.0.0.1; the same after a restart.
  package var port: UInt16 { places.value.port }

  private let folder: ScratchFolder
  private let programs: String
  private let options: [String]
  private let places: Locked<(port: UInt16, process: TestProcess?)>

  /// How a server is stopped. Source: PostgreSQL, "Shutting Down the Server".
  package enum Stop: Sendable {
    /// Sessions are ended, and everything is written.
    case fast
    /// As in a power cut: the next start recovers.
    case immediate

    fileprivate var signal: Int32 { self == .fast ? SIGINT : SIGQUIT }
  }

  /// The server could not be made or started.
  package struct NotStarted: Error {
    package let output: String
  }

  /// Makes a cluster, in about a second, and starts it.
  /// - Parameter options: settings as `NAME=VALUE`, after ours.
  package init(options: [String] = []) throws {
    guard let programs = Self.programs else { throw NotStarted(output: "PostgreSQL is not installed") }
    self.programs = programs
    self.options = options
    folder = try ScratchFolder()
    places = Locked((0, nil))
    if geteuid() == 0, let user = Self.user { unsafe chown(folder.path, user.id, user.group) }
    let made = try TestProgram(
      Self.asUser([
        "\(programs)/initdb", "-D", folder("data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale",
        "--no-sync",
      ])
    ).capture()
    guard made.status == 0 else { throw NotStarted(output: made.errors) }
    try start()
  }

  /// Makes a hot standby named `standby` that follows another server, and starts it. The other one needs
  /// `wal_level=replica` and `max_wal_senders`.
  package init(standbyOf primary: PostgresServer) throws {
    programs = primary.programs
    options = primary.options
    folder = try ScratchFolder()
    places = Locked((0, nil))
    if geteuid() == 0, let user = Self.user { unsafe chown(folder.path, user.id, user.group) }
    let made = try TestProgram(
      Self.asUser([
        "\(programs)/pg_basebackup", "-D", folder("data"), "-R", "-X", "stream", "-c", "fast", "-d",
        "host=127.0.0.1 port=\(primary.port) user=postgres application_name=standby",
      ])
    ).capture()
    guard made.status == 0 else { throw NotStarted(output: made.errors) }
    try start()
  }

  deinit { places.value.process?.stop(Stop.immediate.signal) }

  /// Debian has them outside of `PATH`, one folder a version; the newest wins.
  private static let programs: String? = {
    let root = "/usr/lib/postgresql"
    let names = (try? FileCalls.system.names(in: FileCalls.system.open(root, O_RDONLY | O_DIRECTORY))) ?? []
    let versions = names.compactMap(Int.init).sorted(by: >).map { "\(root)/\($0)/bin" }
    return (versions + ["/usr/bin", "/usr/local/bin"]).first { folder in
      ["postgres", "initdb"].allSatisfy { unsafe access("\(folder)/\($0)", X_OK) == 0 }
    }
  }()

  /// True if tests with a server have to run: it is installed, or this is CI.
  package static var isWanted: Bool { programs != nil || InstalledProgram.isWanted("postgres") }

  private static let user: (id: uid_t, group: gid_t)? = {
    guard let entry = unsafe getpwnam("postgres") else { return nil }
    return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }()

  /// The words of a command, run without root's rights.
  private static func asUser(_ words: [String]) -> [String] {
    guard geteuid() == 0, let user else { return words }
    return ["setpriv", "--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups"] + words
  }
}

extension PostgresServer {
  /// Starts it again after `stop`, on the same port.
  package func start() throws {
    for _ in 0..<20 {
      let known = places.value.port
      let port = known > 0 ? known : UInt16.random(in: 20_000..<32_000)
      let process = try launch(port)
      places.update { $0 = (port, process) }
      if Waiting.until(every: 20_000, { process.ended() != nil || isReady }), process.ended() == nil { return }
      // The port was taken meanwhile: another one where none is known yet.
      if known == 0 { places.update { $0.port = 0 } }
    }
    throw NotStarted(output: (try? folder.text("log")) ?? "")
  }

  private func launch(_ port: UInt16) throws -> TestProcess {
    let settings = [
      "listen_addresses=127.0.0.1", "unix_socket_directories=\(folder.path)", "max_connections=200",
      "shared_buffers=16MB", "wal_level=minimal", "max_wal_senders=0",
    ]
    var program = TestProgram(
      Self.asUser(
        ["\(programs)/postgres", "-D", folder("data"), "-p", "\(port)"]
          + (settings + options).flatMap { ["-c", $0] }))
    program.errors = .path(folder("log"))
    return try program.start()
  }

  private var isReady: Bool {
    (try? TestProgram(["\(programs)/pg_isready", "-q", "-h", folder.path, "-p", "\(port)"]).run()) == 0
  }

  /// Stops it and waits until every process of it has ended.
  package func stop(_ how: Stop = .fast) {
    let process = places.value.process
    places.update { $0.process = nil }
    process?.stop(how.signal)
  }

  /// Lets a standby take writes from now on.
  package func promote() throws { _ = try query("SELECT pg_promote()") }

  /// SIGSTOP for the server and every session: connections stay, and nothing is answered.
  package func freeze() { for process in processes { kill(process, SIGSTOP) } }

  /// SIGCONT after `freeze`.
  package func thaw() { for process in processes.reversed() { kill(process, SIGCONT) } }

  /// The postmaster, then the others.
  private var processes: [pid_t] {
    guard let main = places.value.process?.id else { return [] }
    let children = try? FileBytes.read("/proc/\(main)/task/\(main)/children", purpose: "processes of a server")
    return [main] + String(decoding: children ?? [], as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
  }

  /// Ends every session but the one that asks: as when a firewall cuts the connections.
  @discardableResult
  package func cutConnections() throws -> Int {
    let cut = try query(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' "
        + "AND pid <> pg_backend_pid()")
    return Int(cut) ?? 0
  }

  /// A new empty database.
  /// - Returns: its URI, for the superuser.
  package func makeDatabase(_ name: String) throws -> String {
    _ = try query("CREATE DATABASE \(name)")
    return uri(name)
  }

  package func uri(_ database: String, user: String = "postgres") -> String {
    "postgresql://\(user)@127.0.0.1:\(port)/\(database)"
  }

  /// What psql prints for it, unaligned and without headings.
  package func query(_ sql: String, in database: String = "postgres") throws -> String {
    let result = try TestProgram([
      "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder.path, "-p", "\(port)", "-U", "postgres",
      "-d", database, "-c", sql,
    ]).capture()
    guard result.status == 0 else { throw NotStarted(output: result.errors) }
    return result.lines.joined(separator: "\n")
  }
}
