// What a server may do to a process: refuse it, fill up, go away, come back; and what another process may do to it.

internal import IntakeCore
internal import IntakeTesting
internal import Synchronization
internal import Testing

@testable import Checkpoint

@Suite("Database trouble", .ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct DatabaseTroubleTests {
  private func failure(_ body: () throws -> Void) -> Failure? {
    do {
      try body()
      return nil
    } catch {
      return error as? Failure
    }
  }

  private func open(_ database: Database, holder: String = "a") throws(Failure) -> StateDatabase {
    try StateDatabase.open(database, tenant: "contoso", holder: holder, log: .silent)
  }

  @Test("a process that lost its lease changes nothing any more and says who holds the tenant")
  func fencing() throws {
    let fixture = try DatabaseFixture()
    var target = try DatabaseTarget(parsing: fixture.uri)
    target.lease = .zero
    var old = try open(Database(target), holder: "machine-a")
    let entry = try old.journal(Fill.batch(1), cursors: [:])
    let documents = old.documents
    try documents.replace("note", with: [1], isDurable: true)
    var new = try open(try fixture.database(), holder: "machine-b")
    #expect(new.lease.epoch == old.lease.epoch + 1 && new.pending == [1])
    let before = try fixture.query(
      "SELECT tenants, md5(string_agg(content, '')) FROM message_trace.tenants, message_trace.documents GROUP BY 1")
    var next = old.checkpoint
    next.sequence = entry.sequence
    var copy = old
    let attempts: [(String, () throws -> Void)] = [
      ("commit", { try copy.commit(next) }), ("renew", { try old.lease.renew() }),
      ("entry", { _ = try old.reader.entry(9) }),
      ("replace", { try documents.replace("note", with: [2], isDurable: true) }),
      ("prune", { try old.prune(before: Instant(seconds: 1_790_000_000)) }),
    ]
    for (what, attempt) in attempts {
      let failure = failure(attempt)
      #expect(failure?.code == .stateFenced && failure?.exit == .tryLater, "\(what)")
      #expect(failure?.sentence.contains("machine-b has taken it over") == true, "\(what)")
    }
    old.close()
    let after = try fixture.query(
      "SELECT tenants, md5(string_agg(content, '')) FROM message_trace.tenants, message_trace.documents GROUP BY 1")
    #expect(before == after, "not even the new lease is released")
    try new.commit(next)
    new.close()
  }

  @Test("an epoch that comes again, as after a failover to a server that lags behind, is still another lease")
  func repeatedEpoch() throws {
    let fixture = try DatabaseFixture()
    var target = try DatabaseTarget(parsing: fixture.uri)
    target.lease = .zero
    var old = try open(Database(target), holder: "machine-a")
    let new = try open(try fixture.database(), holder: "machine-b")
    _ = try fixture.query("UPDATE message_trace.tenants SET epoch = \(old.lease.epoch)")
    #expect(failure { _ = try old.journal(Fill.batch(1), cursors: [:]) }?.code == .stateFenced)
    #expect(failure { try old.lease.renew() }?.code == .stateFenced)
    new.close()
  }

  @Test("a held tenant is refused with its holder and the end of its lease, and free once it is released")
  func lease() throws {
    let fixture = try DatabaseFixture()
    let held = try open(try fixture.database(), holder: "machine-a")
    let refusal = failure { _ = try open(try fixture.database()) }
    #expect(refusal?.code == .stateLeased && refusal?.exit == .tryLater)
    #expect(refusal?.sentence.contains("contoso is held by machine-a until 20") == true)
    let other = try StateDatabase.open(try fixture.database(), tenant: "fabrikam", log: .silent)
    let leases = try LeaseTable(try fixture.database()).leases()
    #expect(leases.map(\.tenant) == ["contoso", "fabrikam"] && leases[0].holder == "machine-a")
    other.close()
    held.close()
    try open(try fixture.database()).close()
    #expect(try LeaseTable(try fixture.database()).leases().map(\.epoch) == [2, 1])
  }

  @Test("a process that is stopped gives a lease back, also while all its connections are in use")
  func releaseAtStop() async throws {
    let fixture = try DatabaseFixture()
    let database = try fixture.database()
    let store = try open(database)
    let (lent, isOver, isClosed) = (Locked(0), Locked(false), Locked(false))
    for _ in 0..<8 {
      Threads.start {
        try? database.borrowing { (_) throws(DatabaseFault) in
          lent.update { $0 += 1 }
          _ = Waiting.until { isOver.value }
        }
      }
    }
    try #require(await Waiting.whileSleeping { lent.value == 8 })
    let task = Task {
      _ = await Waiting.whileSleeping { Task.isCancelled }
      store.close()
      isClosed.update { $0 = true }
    }
    task.cancel()
    // One that does not wait for its turn has ended long before.
    for _ in 0..<20 where !isClosed.value { try await Task.sleep(for: .milliseconds(10)) }
    isOver.update { $0 = true }
    await task.value
    #expect(try LeaseTable(database).leases().first?.holder == nil)
  }

  @Test(
    "what the server refuses is one sentence with its SQLSTATE and what to do",
    arguments: [
      ("53100", "state.database", Int32(75), "Free the resource"), ("25006", "state.database", 75, "primary"),
      ("57014", "state.database", 75, "slow"), ("42501", "state.database.denied", 77, "Grant"),
      ("XX001", "state.database", 75, "Check that"),
    ])
  func refusals(state: String, code: String, exit: Int32, hint: String) throws {
    let fixture = try DatabaseFixture()
    var target = try DatabaseTarget(parsing: fixture.uri)
    target.lease = .zero
    var store = try open(Database(target))
    try fixture.raise(state, on: "journal")
    let failure = failure { _ = try store.journal(Fill.batch(1), cursors: [:]) }
    #expect(failure?.code.rawValue == code && failure?.exit.rawValue == exit, "\(state)")
    #expect(failure?.sentence.hasSuffix("(SQLSTATE \(state)).") == true && failure?.hint?.contains(hint) == true)
    #expect(self.failure { _ = try store.journal(Fill.batch(1), cursors: [:]) }?.code.rawValue == "state.order")
    try fixture.raise(nil, on: "journal")
    var again = try open(Database(target))
    #expect(again.pending == [] && again.checkpoint.sequence == 0)
    _ = try again.journal(Fill.batch(1), cursors: [:])
  }

  @Test("a serialization failure is tried again", arguments: ["40001", "40P01"])
  func conflicts(state: String) throws {
    let fixture = try DatabaseFixture()
    var store = try open(try fixture.database())
    try fixture.raise(state, on: "journal", times: 2)
    let entry = try store.journal(Fill.batch(1), cursors: [:])
    #expect(try store.entry(1).bytes == entry.bytes)
    store.close()
  }

  @Test("a server that is away is waited for, and its restart goes by without a word")
  func restart() throws {
    let server = try PostgresServer()
    let uri = try server.makeDatabase("mail")
    var target = try DatabaseTarget(parsing: uri)
    // Longer than any machine needs for a restart.
    target.lease = .seconds(1_800)
    let database = Database(target)
    _ = try DatabaseSchema(database).create()
    var store = try open(database)
    let entry = try store.journal(Fill.batch(1), cursors: [:])
    server.stop(.immediate)
    let isUp = Locked(false)
    Threads.start {
      try? server.start()
      isUp.update { $0 = true }
    }
    var next = store.checkpoint
    next.sequence = entry.sequence
    try store.commit(next)
    #expect(Waiting.until { isUp.value })
    try server.cutConnections()
    _ = try store.journal(Fill.batch(2), cursors: [:])
    store.close()
    let again = try open(database)
    #expect(again.checkpoint == next && again.pending == [2])
  }

  @Test("what a step has written survives a crash of a server that does not wait for its disk")
  func durability() throws {
    let server = try PostgresServer(options: ["synchronous_commit=off", "wal_writer_delay=10s"])
    let database = Database(try DatabaseTarget(parsing: try server.makeDatabase("mail")))
    _ = try DatabaseSchema(database).create()
    var store = try open(database)
    _ = try store.journal(Fill.batch(1), cursors: [:])
    server.stop(.immediate)
    try server.start()
    #expect(try store.entry(1).entries.count == 3)
    store.close()
  }

  @Test("a server that does not answer, is not there, or lacks database and tables is one clear sentence")
  func unreachable() throws {
    let server = try PostgresServer()
    var target = try DatabaseTarget(parsing: try server.makeDatabase("mail") + "?connect_timeout=2")
    target.deadline = .seconds(1)
    let database = Database(target)
    let bare = failure { _ = try open(database) }
    #expect(bare?.code == .databaseSchema && bare?.hint?.contains("state init --state") == true)
    #expect(failure { try StateDatabase.check(database, tenant: "contoso") }?.exit == .configuration)
    let missing = failure { _ = try open(Database(try DatabaseTarget(parsing: server.uri("nowhere")))) }
    #expect(missing?.code == .databaseSchema && missing?.sentence.contains("SQLSTATE 3D000") == true)
    server.freeze()
    let late = failure { _ = try open(database) }
    server.thaw()
    #expect(late?.code == .databaseUnavailable && late?.exit == .tryLater)
    server.stop()
    let gone = failure { _ = try open(database) }
    #expect(gone?.code == .databaseUnavailable && gone?.exit == .tryLater)
    #expect(gone?.recovery == .later(after: nil))
  }

  @Test("a role with the documented rights can collect, one without them is told which it lacks")
  func rights() throws {
    let fixture = try DatabaseFixture()
    let role = "collector_\(fixture.name)"
    _ = try fixture.query("CREATE ROLE \(role) LOGIN")
    let target = try DatabaseTarget(parsing: fixture.server.uri(fixture.name, user: role))
    let database = Database(target)
    #expect(failure { _ = try open(database) }?.code == .databaseDenied)
    for grant in DatabaseSchema.grants(to: role).joined().split(separator: ";") { _ = try fixture.query(String(grant)) }
    try StateDatabase.check(database, tenant: "contoso")
    var store = try open(database)
    _ = try Fill.deliver(2, to: &store)
    try store.prune(before: Instant(seconds: 1_790_000_000))
    try store.documents.replace("note", with: [1], isDurable: true)
    let letter = DeadLetter(
      sink: "s", identity: Identity(high: 1, low: 2), received: Instant(seconds: 1), reason: "r", event: [0x31])
    try RejectedTable(database, tenant: "contoso").keep([letter], at: Instant(seconds: 2))
    store.close()
    _ = try fixture.query("REVOKE UPDATE ON message_trace.ledger FROM \(role)")
    #expect(failure { try StateDatabase.check(database, tenant: "contoso") }?.code == .databaseDenied)
    _ = try fixture.query("DROP OWNED BY \(role)")
  }
}

extension DatabaseFixture {
  /// Lets each insert into a table fail with that SQLSTATE, or only the first few; nil: no more.
  func raise(_ state: String?, on table: String, times: Int = .max) throws {
    _ = try query("DROP TRIGGER IF EXISTS trouble ON message_trace.\(table)")
    guard let state else { return }
    _ = try query("CREATE SEQUENCE IF NOT EXISTS message_trace.troubles")
    _ = try query(
      """
      CREATE OR REPLACE FUNCTION message_trace.trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('message_trace.troubles') <= \(times) THEN RAISE EXCEPTION 'made up' USING ERRCODE = '\(state)'; END IF;
        RETURN NEW; END $$
      """)
    _ = try query(
      "CREATE TRIGGER trouble BEFORE INSERT ON message_trace.\(table) FOR EACH ROW EXECUTE FUNCTION message_trace.trouble()"
    )
  }
}
