// One connection to PostgreSQL: statements with parameters, each under a deadline.

internal import CSystem
internal import Glibc
package import IntakeCore
internal import Synchronization

/// A connection, closed with its last reference. One statement at a time, from any thread; after a fault that says so it is
/// lost and refuses everything more.
package final class DatabaseConnection: Sendable {
  private let library: DatabaseLibrary
  /// The bits of libpq's pointer; 0 once closed.
  private let handle: Mutex<UInt>

  private var calls: csystem_libpq { library.calls }

  private init(_ library: DatabaseLibrary, _ connection: UnsafeMutableRawPointer) {
    self.library = library
    var calls = library.calls
    unsafe csystem_libpq_prepare(&calls, connection)
    handle = Mutex(UInt(bitPattern: connection))
  }

  deinit { close() }

  package var isOpen: Bool { handle.withLock { $0 != 0 } }

  package func close() { handle.withLock { close(&$0) } }

  private func close(_ bits: inout UInt) {
    guard bits != 0 else { return }
    unsafe calls.finish(UnsafeMutableRawPointer(bitPattern: bits))
    bits = 0
  }

  /// Connects and signs in; libpq tries one host after the other.
  /// - Throws: `state.database.library`, a password that cannot be read, or what `DatabaseFault.failure` makes.
  package static func open(_ target: DatabaseTarget) throws(Failure) -> DatabaseConnection {
    let library = try DatabaseLibrary.loaded()
    let parameters = try ConnectionParameters(target)
    let calls = library.calls
    let began = ContinuousClock.now
    let connection = unsafe parameters.withPointers { unsafe calls.connectdbParams($0, $1, 1) }
    if let connection = unsafe connection, unsafe calls.status(connection) == Int32(CSYSTEM_LIBPQ_CONNECTION_OK) {
      return unsafe DatabaseConnection(library, connection)
    }
    let message = unsafe connection.map { unsafe text(calls.errorMessage($0)) } ?? "out of memory"
    let needsPassword = unsafe connection.map { unsafe calls.connectionNeedsPassword($0) == 1 } ?? false
    unsafe calls.finish(connection)
    if needsPassword {
      throw DatabaseFault(state: "28P01", "no password is configured").failure("Opening the state", target)
    }
    guard ContinuousClock.now - began < .seconds(2) else {
      throw DatabaseFault(firstLine(message)).failure("Opening the state", target)
    }
    return try openVerbosely(target, parameters, library, before: message)
  }

  /// libpq names the SQLSTATE of a refused connection only to those who ask for it before they are connected.
  private static func openVerbosely(
    _ target: DatabaseTarget, _ parameters: ConnectionParameters, _ library: DatabaseLibrary, before message: String
  ) throws(Failure) -> DatabaseConnection {
    let calls = library.calls
    let started = unsafe parameters.withPointers { unsafe calls.connectStartParams($0, $1, 1) }
    guard let started = unsafe started else { throw DatabaseFault(message).failure("Opening the state", target) }
    _ = unsafe calls.setErrorVerbosity(started, Int32(CSYSTEM_LIBPQ_ERRORS_VERBOSE))
    let end = ContinuousClock.now + .seconds(5)
    var step = CSYSTEM_LIBPQ_POLLING_WRITING
    while step == CSYSTEM_LIBPQ_POLLING_READING || step == CSYSTEM_LIBPQ_POLLING_WRITING {
      let events = step == CSYSTEM_LIBPQ_POLLING_READING ? POLLIN : POLLOUT
      guard wait(unsafe calls.socket(started), for: Int16(events), until: end) != 0 else { break }
      step = unsafe Int(calls.connectPoll(started))
    }
    if step == CSYSTEM_LIBPQ_POLLING_OK { return unsafe DatabaseConnection(library, started) }
    let verbose = unsafe text(calls.errorMessage(started))
    unsafe calls.finish(started)
    throw DatabaseFault(state: state(in: verbose), firstLine(message)).failure("Opening the state", target)
  }

  /// Runs one statement, a transaction by itself unless one was begun.
  /// - Parameters:
  ///   - statement: parameters are `$1`, `$2`, …
  ///   - deadline: after it the connection is lost, whatever the server does meanwhile.
  package func run(
    _ statement: String, _ values: [DatabaseValue] = [], within deadline: Duration = .seconds(30)
  ) throws(DatabaseFault) -> DatabaseRows {
    let result = handle.withLock { bits -> Result<DatabaseRows, DatabaseFault> in
      guard let connection = unsafe UnsafeMutableRawPointer(bitPattern: bits) else {
        return .failure(DatabaseFault("the connection is closed", isLost: true))
      }
      let end = ContinuousClock.now + deadline
      do throws(DatabaseFault) {
        try unsafe send(statement, values, connection, until: end)
        return .success(try unsafe answer(connection, until: end))
      } catch {
        if error.isLost { close(&bits) }
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func send(
    _ statement: String, _ values: [DatabaseValue], _ connection: UnsafeMutableRawPointer,
    until end: ContinuousClock.Instant
  ) throws(DatabaseFault) {
    let parameters = StatementParameters(values)
    let sent = unsafe parameters.withPointers { values, lengths, formats in
      unsafe calls.sendQueryParams(
        connection, statement, Int32(parameters.types.count), parameters.types, values, lengths, formats, 1)
    }
    guard sent == 1 else { throw unsafe lost(connection) }
    while true {
      let left = unsafe calls.flush(connection)
      guard left >= 0 else { throw unsafe lost(connection) }
      guard left > 0 else { return }
      let events = Self.wait(unsafe calls.socket(connection), for: Int16(POLLIN | POLLOUT), until: end)
      guard events != 0 else { throw Self.late }
      if events & Int16(POLLIN) != 0, unsafe calls.consumeInput(connection) == 0 { throw unsafe lost(connection) }
    }
  }

  private func answer(
    _ connection: UnsafeMutableRawPointer, until end: ContinuousClock.Instant
  ) throws(DatabaseFault) -> DatabaseRows {
    var rows = DatabaseRows()
    var fault: DatabaseFault?
    while true {
      while unsafe calls.isBusy(connection) != 0 {
        guard Self.wait(unsafe calls.socket(connection), for: Int16(POLLIN), until: end) != 0 else { throw Self.late }
        guard unsafe calls.consumeInput(connection) != 0 else { throw unsafe lost(connection) }
      }
      guard let result = unsafe calls.getResult(connection) else { break }
      defer { unsafe calls.clear(result) }
      let status = unsafe Int(calls.resultStatus(result))
      if status == CSYSTEM_LIBPQ_TUPLES_OK || status == CSYSTEM_LIBPQ_COMMAND_OK {
        rows = unsafe read(result)
      } else if fault == nil {
        fault = unsafe DatabaseFault(
          state: field(result, CSYSTEM_LIBPQ_FIELD_SQLSTATE), field(result, CSYSTEM_LIBPQ_FIELD_MESSAGE))
      }
    }
    let isLost = unsafe calls.status(connection) != Int32(CSYSTEM_LIBPQ_CONNECTION_OK)
    if var fault {
      fault.isLost = isLost
      if fault.message.isEmpty { fault.message = unsafe lost(connection).message }
      throw fault
    }
    guard !isLost else { throw unsafe lost(connection) }
    return rows
  }

  private func read(_ result: UnsafeMutableRawPointer) -> DatabaseRows {
    var rows = DatabaseRows()
    rows.affected = unsafe Int(Self.text(calls.cmdTuples(result))) ?? 0
    for row in 0..<(unsafe calls.ntuples(result)) {
      rows.rows.append(
        DatabaseRow(columns: (0..<(unsafe calls.nfields(result))).map { unsafe column(result, row, $0) }))
    }
    return rows
  }

  private func column(_ result: UnsafeMutableRawPointer, _ row: Int32, _ column: Int32) -> [UInt8]? {
    guard unsafe calls.getisnull(result, row, column) == 0, let value = unsafe calls.getvalue(result, row, column)
    else { return nil }
    let count = Int(unsafe calls.getlength(result, row, column))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: count))
  }

  private func field(_ result: UnsafeMutableRawPointer, _ field: Int) -> String {
    Self.firstLine(unsafe Self.text(calls.resultErrorField(result, Int32(field))))
  }

  private func lost(_ connection: UnsafeMutableRawPointer) -> DatabaseFault {
    let message = Self.firstLine(unsafe Self.text(calls.errorMessage(connection)))
    return DatabaseFault(message.isEmpty ? "the connection was cut" : message, isLost: true)
  }

  private static let late = DatabaseFault("the server did not answer in time", isLost: true)
}

extension DatabaseConnection {
  /// The events that came, 0 at the deadline.
  private static func wait(_ socket: Int32, for events: Int16, until end: ContinuousClock.Instant) -> Int16 {
    var poll = pollfd(fd: socket, events: events, revents: 0)
    while true {
      let left = (end - ContinuousClock.now).components
      let milliseconds = max(0, left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000)
      let count = unsafe Glibc.poll(&poll, 1, Int32(clamping: milliseconds))
      if count > 0 { return poll.revents }
      guard count < 0, errno == EINTR else { return 0 }
    }
  }

  private static func text(_ characters: UnsafePointer<CChar>?) -> String {
    guard let characters = unsafe characters else { return "" }
    return unsafe String(cString: characters)
  }

  private static func firstLine(_ text: String) -> String {
    String(text.split(separator: "\n").first { !$0.allSatisfy { $0 == " " } } ?? "")
  }

  /// The five characters of `FATAL:  28P01: …`, whatever the language of the first word.
  private static func state(in message: String) -> String {
    let words = message.split(whereSeparator: { $0 == " " || $0 == "\n" })
    let found = words.first { word in
      word.utf8.count == 6 && word.hasSuffix(":")
        && word.utf8.dropLast().allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        && word.utf8.contains { (0x30...0x39).contains($0) }
    }
    return found.map { String($0.dropLast()) } ?? ""
  }
}
