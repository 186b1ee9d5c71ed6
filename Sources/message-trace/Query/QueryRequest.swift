// The checked arguments of a query.

internal import Collector
internal import Glibc
internal import IntakeCore

/// What `query` searches for and how it prints the result.
struct QueryRequest: Sendable {
  enum Format: String, CaseIterable { case table, ndjson, raw, csv, json, excel }

  let filter: QueryFilter
  let start: Instant
  let end: Instant
  /// How to search a longer span, for an empty result; nil if all that is kept was searched.
  let unsearched: String?
  /// How many of the newest rows are read, and how many of these are skipped; nil for all.
  let most: Int?
  let skipped: Int
  let format: Format
  let table: QueryTable

  init(_ context: CommandContext, now: Instant, source: any Searching) throws(Failure) {
    let options = QueryArguments(context: context)
    filter = try options.filter()
    let zone = try options.zone()
    let hasID = filter.values[.messageID] != nil || filter.values[.traceID] != nil
    let usual: Duration = hasID ? source.searchable : .seconds(48 * 3_600)
    let isUsual: Bool
    (start, end, isUsual) = try options.span(now: now, source: source, usual: usual, zone: zone)
    let days = source.searchable.components.seconds / 86_400
    let isAll = start <= now - source.searchable + .seconds(120)
    let usualSpan = isUsual && !hasID ? "Without --start-date only 48 hours are searched. " : ""
    unsearched = isAll ? nil : "\(usualSpan)The service keeps \(days) days: --start-date -\(days)d"
    table = try options.table(zone)
    (most, skipped) = try options.limits()
    format = try options.choice(.format, Format.allCases) ?? .table
    try options.checkTable(format)
  }
}

/// Parses the options of `query` and `details`.
struct QueryArguments: Sendable {
  let context: CommandContext
  static let statuses = [
    "None", "GettingStatus", "Failed", "Pending", "Delivered", "Expanded", "Quarantined", "FilteredAsSpam", "Recalled",
  ]

  /// Start and end, both inclusive, and whether the start is the usual one. An end in the future becomes now, because Graph
  /// rejects it.
  func span(
    now: Instant, source: any Searching, usual: Duration, zone: LocalZone
  ) throws(Failure) -> (Instant, Instant, Bool) {
    let end = min(now, try date(.endDate, now: now, zone) ?? now)
    let given = try date(.startDate, now: now, zone)
    let oldest = now - source.searchable
    var start = given ?? max(end - usual, oldest)
    let days = source.searchable.components.seconds / 86_400
    guard start >= oldest - .seconds(60) else {
      throw usage(
        "the start \(Timestamp.text(start)) is older than the \(days) days that the service keeps.",
        "Use --start-date -\(days)d or a later one.")
    }
    if start < oldest + .seconds(60) { start = oldest + .seconds(60) }
    guard start <= end else {
      throw usage(
        "the start \(Timestamp.text(start)) is after the end \(Timestamp.text(end)).",
        start > now ? "Use a --start-date in the past, such as -24h." : "Swap --start-date and --end-date.")
    }
    return (start, end, given == nil)
  }

  func zone() throws(Failure) -> LocalZone {
    guard let name = context.invocation.options[.timeZone] else { return .utc }
    if let zone = LocalZone.choose(name, environment: context.environment) { return zone }
    throw usage(
      "--tz \(Log.clean(name, limit: 60)) is not a time zone that this host knows.",
      "Use utc, local, or a name such as Europe/Paris (package tzdata).")
  }

  func table(_ zone: LocalZone) throws(Failure) -> QueryTable {
    let names = try list(.columns)
    let chosen = try names.map { (name) throws(Failure) in
      if let column = QueryColumn.named(name) { return column }
      let words = QueryColumn.allCases.map(\.rawValue)
      throw usage(
        "--columns must be of \(words.joined(separator: ", ")), not \(Log.clean(name, limit: 60))\(Suggestion.question(name, among: words))",
        nil)
    }
    let isWide = context.invocation.options[.wide] == "true"
    let width = isWide ? nil : QueryTable.terminalColumns()
    return QueryTable(
      columns: width, zone: zone, chosen: !chosen.isEmpty ? chosen : isWide ? QueryColumn.allCases : nil)
  }

  /// Refuses what only a table has, for another format.
  func checkTable(_ format: QueryRequest.Format) throws(Failure) {
    for option in [CommandOption.columns, .wide] where format != .table && context.invocation.options[option] != nil {
      throw usage(
        "--\(option.rawValue) is for the table; \(format.rawValue) has all columns.", "Leave out --\(option.rawValue).")
    }
  }

  func filter() throws(Failure) -> QueryFilter {
    var values: [QueryFilter.Field: [String]] = [:]
    values[.sender] = try addresses(.senderAddress)
    values[.recipient] = try addresses(.recipientAddress)
    values[.status] = try list(.status).map { (text) throws(Failure) in try status(text) }
    values[.subject] = try texts(.subject)
    values[.messageID] = try messageIDs()
    values[.traceID] = try list(.messageTraceID).map { (id) throws(Failure) in try Self.traceID(id) }
    values[.fromIP] = try list(.fromIP, check: isIP)
    values[.toIP] = try list(.toIP, check: isIP)
    let test = try choice(.subjectFilterType, QueryFilter.SubjectTest.allCases)
    return QueryFilter(values, subjectTest: test ?? .contains, subjectsArePatterns: test == nil)
  }

  /// Paging as Get-MessageTrace has it, or the result size of V2; they exclude each other.
  func limits() throws(Failure) -> (most: Int?, skipped: Int) {
    let own = context.invocation.options
    let isPaged = own[.page] != nil || own[.pageSize] != nil
    guard let size = own[.resultSize], size.lowercased() != "unlimited" else {
      guard isPaged else { return (nil, 0) }
      let page = try context.number(.page, default: 1, 1...1_000)
      let pageSize = try context.number(.pageSize, default: 1_000, 1...5_000)
      return (page * pageSize, (page - 1) * pageSize)
    }
    guard !isPaged else { throw usage("--result-size and --page cannot be combined.", nil) }
    return (
      try context.number(.resultSize, default: 1_000, 1...5_000, hint: "Leave --result-size out for all rows."), 0
    )
  }

  func choice<Choice: RawRepresentable>(
    _ option: CommandOption, _ choices: [Choice]
  ) throws(Failure) -> Choice? where Choice.RawValue == String {
    guard let text = context.invocation.options[option] else { return nil }
    let wanted = text.lowercased().filter { $0 != "-" }
    if let choice = choices.first(where: { $0.rawValue.filter { $0 != "-" } == wanted }) { return choice }
    let words = option.words(of: context.command)
    throw usage(
      "--\(option.rawValue) must be one of \(words.joined(separator: ", ")), not \(Log.clean(text, limit: 60))\(Suggestion.question(text, among: words))",
      nil)
  }

  /// The GUID in lower case without braces.
  static func traceID(_ text: String) throws(Failure) -> String {
    let bare = text.hasPrefix("{") && text.hasSuffix("}") ? String(text.dropFirst().dropLast()) : text
    let parts = bare.split(separator: "-", omittingEmptySubsequences: false)
    let isGUID =
      parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.utf8.allSatisfy { JSONText.hexDigit($0) != nil } }
    guard isGUID else {
      throw Failure(
        "usage", exit: .usage, "Reading the arguments: the message trace id must be a GUID.",
        hint: "Copy it from `message-trace query`, such as 2e3c0fac-4669-4e4a-2669-08d5dd529cbe.")
    }
    return bare.lowercased()
  }

  private func date(_ option: CommandOption, now: Instant, _ zone: LocalZone) throws(Failure) -> Instant? {
    guard let text = context.invocation.options[option] else { return nil }
    return try QueryDate.parse(text, flag: "--\(option.rawValue)", now: now, isEnd: option == .endDate, zone: zone)
  }

  /// Addresses and patterns; a domain alone stands for all its addresses.
  private func addresses(_ option: CommandOption) throws(Failure) -> [String] {
    try list(option).map { (text) throws(Failure) in
      if text.hasPrefix("@") { return "*\(text)" }
      if text.contains("@") || text.contains("*") || text == "<>" { return text }
      guard text.contains(".") else {
        throw usage(
          "--\(option.rawValue) \(Log.clean(text, limit: 60)) is neither an address nor a domain.",
          "Use priya@contoso.com, *@contoso.com for a domain, or priya* for whatever begins with it.")
      }
      return "*@\(text)"
    }
  }

  /// The values of a repeatable option, unsplit.
  private func texts(_ option: CommandOption) throws(Failure) -> [String] {
    let values = context.invocation.all[option] ?? []
    for value in values {
      guard !value.isEmpty, value.utf8.count <= 1_000, value.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
        throw usage("--\(option.rawValue) is empty, too long, or contains a control character.", nil)
      }
    }
    return values
  }

  private func list(
    _ option: CommandOption, check: (String) -> Bool = { _ in true }
  ) throws(Failure) -> [String] {
    var values: [String] = []
    for part in try texts(option).flatMap({ $0.split(separator: ",") }) {
      let value = String(part.trimmingPrefix { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      guard !value.isEmpty, check(value) else {
        let isIP = [.fromIP, .toIP].contains(option)
        throw usage(
          "--\(option.rawValue) \(Log.clean(value, limit: 60)) is \(isIP ? "not an IP address" : "empty").",
          isIP ? "Give whole addresses, separated by commas; networks cannot be searched." : nil)
      }
      if !values.contains(where: { $0.lowercased() == value.lowercased() }) { values.append(value) }
    }
    guard !values.isEmpty || context.invocation.all[option] == nil else {
      throw usage("--\(option.rawValue) has no value.", nil)
    }
    return values
  }

  /// Message ids may contain commas, so only a comma after `>` separates. An id without brackets is searched with and
  /// without them.
  private func messageIDs() throws(Failure) -> [String] {
    let ids = try texts(.messageID).flatMap { text in
      text.split(separator: ">,").enumerated().map { part in
        part.element.hasPrefix("<") && !part.element.hasSuffix(">") ? part.element + ">" : String(part.element)
      }
    }
    return ids.flatMap { $0.hasPrefix("<") ? [$0] : [$0, "<\($0)>"] }
  }

  /// A status as the services name it, or as people do.
  private func status(_ text: String) throws(Failure) -> String {
    if text.lowercased() == "spam" { return "FilteredAsSpam" }
    if let status = Self.statuses.first(where: { $0.lowercased() == text.lowercased() }) { return status }
    throw usage(
      "--status \(Log.clean(text, limit: 60)) is not a status\(Suggestion.question(text, among: Self.statuses))",
      "Use one of \(Self.statuses.joined(separator: ", ")), or spam.")
  }

  private func isIP(_ text: String) -> Bool {
    var room = [UInt8](repeating: 0, count: 16)
    return unsafe inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &room) == 1
  }

  private func usage(_ sentence: String, _ hint: String?) -> Failure {
    Failure(
      "usage", exit: .usage, "Reading the arguments: \(sentence)",
      hint: hint ?? context.command.helpCall)
  }
}
