// The URI of a state: what is accepted, and that it never holds a secret.

internal import IntakeCore
internal import IntakeTesting
internal import Testing

@testable import Checkpoint

@Suite("Database target")
struct DatabaseTargetTests {
  private func failure(_ text: String) -> Failure? {
    do throws(Failure) {
      _ = try DatabaseTarget(parsing: text)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a password in the URI is refused, and not repeated",
    arguments: [
      "postgresql://user:s3cret@host/db", "postgres://host/db?password=s3cret", "postgresql://h/d?sslpassword=s3cret",
      "postgresql://user:pa/s3cret@host/db", "postgresql://user:pa?s3cret@host/db",
    ])
  func password(text: String) {
    let refusal = failure(text)
    #expect(refusal?.exit == .configuration && refusal?.hint?.contains("PGPASSFILE") == true)
    #expect(refusal?.sentence.contains("s3cret") == false && refusal?.hint?.contains("s3cret") == false)
  }

  @Test(
    "what is no such URI is refused with what is wrong",
    arguments: [
      ("postgresql://h/d?sslmod=require", "did you mean sslmode"), ("postgresql://h/d?lease", "NAME=VALUE"),
      ("postgresql://h/d?lease=1s", "2s"), ("postgresql://h/d?password-env=A&password-file=b", "both"),
    ])
  func refused(text: String, part: String) {
    #expect(failure(text)?.sentence.contains(part) == true, "\(failure(text)?.sentence ?? "")")
  }

  @Test("options of our own do not reach libpq, and the place shows neither user nor options")
  func parts() throws {
    let text = "postgresql://collector@db.example:5433,db2.example/mail?sslmode=verify-full&lease=1m&password-env=PW"
    let target = try DatabaseTarget(parsing: text)
    #expect(target.uri == "postgresql://collector@db.example:5433,db2.example/mail?sslmode=verify-full")
    #expect(target.place == "postgresql://db.example:5433,db2.example/mail")
    #expect(target.lease == .seconds(60) && target.hasSeveralHosts)
    #expect(try target.withSecrets(["PW": "s3cret"]).password()?.revealed == "s3cret")
    #expect(throws: Failure.self) { try target.withSecrets([:]) }
    let plain = try DatabaseTarget(parsing: "postgresql:///mail")
    #expect(try plain.withSecrets([:]).password() == nil)
    #expect(
      try plain.withSecrets([DatabaseTarget.passwordVariable: "s3cret"]).password()?.revealed == "s3cret")
  }

  @Test("other spellings of one database are the same; another database or host is not")
  func identity() throws {
    let first = try DatabaseTarget(parsing: "postgresql://a@db.example/mail").identity
    for same in ["postgres://b@DB.example:5432/mail?sslmode=disable", "postgresql://db.example/m%61il?lease=10s"] {
      #expect(try DatabaseTarget(parsing: same).identity == first, "\(same)")
    }
    for other in [
      "postgresql://db.example/mail2", "postgresql://db2.example/mail", "postgresql://db.example:5433/mail",
    ] {
      #expect(try DatabaseTarget(parsing: other).identity != first, "\(other)")
    }
  }
}

@Suite(
  "Documents in a database", .ownThreads, .enabled(if: PostgresServer.isWanted, "PostgreSQL is not installed"))
struct DatabaseDocumentsTests {
  @Test("changes by several processes at once all count")
  func updates() throws {
    let fixture = try DatabaseFixture()
    let done = Locked(0)
    for _ in 0..<4 {
      let documents = DatabaseDocuments(try fixture.database(), tenant: "contoso")
      Threads.start {
        for _ in 0..<25 {
          try? documents.update("count") { bytes in
            bytes.append(0x31)
            return true
          }
        }
        done.update { $0 += 1 }
      }
    }
    #expect(Waiting.until { done.value == 4 })
    let documents = DatabaseDocuments(try fixture.database(), tenant: "contoso")
    #expect(try documents.read("count")?.count == 100)
    try documents.update("count") { _ in false }
    #expect(try documents.read("count")?.count == 100)
    try documents.remove("count")
    #expect(try documents.read("count") == nil)
  }

  @Test("an event that was refused twice is kept once, in the order of refusal, and goes when it is taken")
  func rejected() throws {
    let fixture = try DatabaseFixture()
    let table = RejectedTable(try fixture.database(), tenant: "contoso")
    let letters = (1...3).map { number in
      DeadLetter(
        sink: "s", identity: Identity(high: UInt64(number), low: 2), received: Instant(seconds: 1),
        reason: "r\(number)",
        event: [0x00, 0xFF, 0x0A])
    }
    try table.keep(letters, at: Instant(seconds: 2))
    try table.keep([letters[1]], at: Instant(seconds: 3))
    #expect(try table.lines == ["r1", "r2", "r3"])
    try table.noteTaken([letters[0].identity], by: "s")
    #expect(try table.lines == ["r2", "r3"])
  }
}
