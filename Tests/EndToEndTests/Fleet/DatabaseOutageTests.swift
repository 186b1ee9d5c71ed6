// A database that fills up or fails over while a daemon collects: it waits, says why, and goes on without loss.

internal import Glibc
internal import IntakeCore
internal import IntakeTesting
internal import Simulator
import Testing

@Suite(.ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct DatabaseOutageTests {
  /// A file system of a few megabytes, gone at the end.
  private final class SmallDisk {
    let folder: ScratchFolder
    var path: String { folder("disk") }

    init() throws {
      folder = try ScratchFolder()
      unsafe chmod(folder.path, 0o755)
      unsafe mkdir(path, 0o700)
    }

    deinit { _ = try? TestProgram(["umount", "-l", path]).capture() }

    /// False where this process may not.
    func mount() throws -> Bool {
      guard geteuid() == 0, let user = unsafe getpwnam("postgres") else { return false }
      let (owner, group) = unsafe (user.pointee.pw_uid, user.pointee.pw_gid)
      let options = "size=12m,uid=\(owner),gid=\(group),mode=700"
      return try TestProgram(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]).capture().status == 0
    }

    func grow() throws { #expect(try TestProgram(["mount", "-o", "remount,size=128m", path]).run() == 0) }
  }

  @Test("a full disk under the database: one clear sentence, and once there is room everything comes once")
  func full() throws {
    let disk = try SmallDisk()
    guard try disk.mount() else { return print("no file system may be mounted here: not tried") }
    let world = try SharedWorld(lease: "30s")
    _ = try world.database.query("CREATE TABLESPACE small LOCATION '\(disk.path)'")
    _ = try world.database.query("ALTER DATABASE mail SET TABLESPACE small")
    _ = try world.database.query("CREATE TABLE filler (content bytea)", in: "mail")
    _ = try world.database.query("ALTER TABLE filler ALTER COLUMN content SET STORAGE EXTERNAL", in: "mail")
    var pieces = 0
    while (try? world.database.query("INSERT INTO filler VALUES (decode(repeat('00', 65536), 'hex'))", in: "mail"))
      != nil
    {
      pieces += 1
      try #require(pieces < 1_000, "the disk does not fill up")
    }
    let daemon = world.start(["run", try world.playbook()])
    eventually { daemon.errorsSoFar.contains("SQLSTATE 53100") }
    #expect(world.fixture.server.receipt(.elastic).count < world.fixture.settings.tenant.rowCount)
    #expect(daemon.errorsSoFar.contains("Free the resource that the server lacks"), "\(daemon.errorsSoFar)")
    try disk.grow()
    world.expectEnd(of: daemon)
    world.database.stop()
  }

  @Test("a failover to a synchronous standby: collection goes on there, and everything comes once")
  func failover() throws {
    let primary = try PostgresServer(options: ["wal_level=replica", "max_wal_senders=5"])
    let standby = try PostgresServer(standbyOf: primary)
    _ = try primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    _ = try primary.query("SELECT pg_reload_conf()")
    eventually { (try? primary.query("SELECT sync_state FROM pg_stat_replication")) == "sync" }
    let slow = FaultRule(.latency(.seconds(1)), on: "/v1.0/", .requests(2...2))
    let world = try SharedWorld(primary, standby: standby, faults: [slow])
    let daemon = world.start(["run", try world.playbook()])
    eventually { world.fixture.pagesAsked >= 2 }
    primary.stop(.immediate)
    try standby.promote()
    world.expectEnd(of: daemon)
    let tenants = try standby.query("SELECT count(*) FROM message_trace.tenants WHERE sequence > 0", in: "mail")
    #expect(tenants == "1")
  }
}
