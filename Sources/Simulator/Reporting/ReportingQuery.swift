// Queries as the Reporting Web Service treats them (OData v2 over TenantReporting, learn.microsoft.com jj984335).

internal import IntakeCore

/// How an answer is written. The shape follows `$format`, `Accept` and the OData version asked for.
enum ReportingShape: Sendable, Equatable { case verbose, light, atom }

/// An error with the text that its shape wraps.
struct ReportingError: Error {
  var status: Int
  var code = ""
  var message: String

  static func badRequest(_ message: String) -> ReportingError { ReportingError(status: 400, message: message) }
}

/// A report request understood.
struct ReportingQuery {
  var filter = RowFilter()
  /// Both inclusive; what `StartDate` and `EndDate` of every row repeat.
  var start: Instant
  var end: Instant
  /// True if the request named no window.
  var isDefaultWindow = true
  var ascending = false
  var top: Int?
  /// Index of the last row that the client has.
  var skipToken: Int?
  /// nil for all columns.
  var columns: Set<String>?

  init(_ parameters: Parameters, now: Instant, days: Int) throws(ReportingError) {
    start = now - .seconds(48 * 3_600)
    end = now
    try setPaging(parameters)
    try setOrder(parameters["$orderby"])
    columns = parameters["$select"].map { text in
      Set(text.split(separator: ",").map { $0.split(separator: " ").joined().lowercased() })
    }
    guard let tokens = FilterText.tokens(parameters["$filter"] ?? "") else {
      throw .badRequest("There is an unterminated string literal in the filter.")
    }
    let window = try readFilter(tokens.filter { $0 != .mark("(") && $0 != .mark(")") })
    try setWindow(window.start, window.end, now: now, days: days)
  }

  private mutating func setPaging(_ parameters: Parameters) throws(ReportingError) {
    if let text = parameters["$top"] {
      guard let value = Int(text), value >= 0 else {
        throw .badRequest("Incorrect format for $top argument '\(text)'.")
      }
      top = min(value, 2_000)
    }
    guard let text = parameters["$skiptoken"] else { return }
    guard let value = Int(text), value >= -1 else {
      throw .badRequest("Incorrect format for $skiptoken argument '\(text)'.")
    }
    guard value < 999_999 else {
      throw ReportingError(status: 500, code: "UnknownError", message: "An error has occurred on the server.")
    }
    skipToken = value
  }

  private mutating func setOrder(_ text: String?) throws(ReportingError) {
    guard let text else { return }
    let words = text.lowercased().split(separator: " ")
    guard words.first == "received", words.count == 1 || words.count == 2 && (words[1] == "asc" || words[1] == "desc")
    else { throw .badRequest("The orderby expression '\(text)' is not supported.") }
    ascending = words.count == 1 || words[1] == "asc"
  }

  private mutating func setWindow(
    _ lower: Instant?, _ upper: Instant?, now: Instant, days: Int
  ) throws(ReportingError) {
    guard lower != nil || upper != nil else { return }
    guard let lower, let upper else {
      throw .badRequest("Both StartDate and EndDate must be given, or neither of them.")
    }
    guard lower <= upper else { throw .badRequest("The StartDate can't be later than the EndDate.") }
    guard lower >= now - .seconds(Int64(days) * 86_400) else {
      throw .badRequest("Invalid StartDate value. The StartDate can't be older than \(days) days from today.")
    }
    start = lower
    end = upper
    isDefaultWindow = false
  }

  /// `Name eq value`, joined by `and`; nothing else is understood.
  private mutating func readFilter(
    _ tokens: [FilterToken]
  ) throws(ReportingError) -> (start: Instant?, end: Instant?) {
    var window: (start: Instant?, end: Instant?) = (nil, nil)
    var rest = tokens[...]
    while let property = rest.popFirst() {
      guard let name = property.literal, rest.popFirst()?.name == "eq", let value = rest.popFirst()?.literal else {
        throw .badRequest("The filter expression is not supported: only eq, joined by and, is.")
      }
      switch name.lowercased() {
      case "startdate": window.start = try Self.time(value)
      case "enddate": window.end = try Self.time(value)
      default: try set(name, value)
      }
      guard rest.isEmpty || rest.popFirst()?.name == "and" else {
        throw .badRequest("The filter expression is not supported: only eq, joined by and, is.")
      }
    }
    return window
  }

  private mutating func set(_ name: String, _ value: String) throws(ReportingError) {
    switch name.lowercased() {
    case "recipientaddress": filter.recipient = value
    case "senderaddress": filter.sender = value
    case "status": filter.status = value
    case "messageid": filter.messageID = value
    case "messagetraceid": filter.traceID = value.lowercased()
    case "fromip": filter.fromIP = value
    case "toip": filter.toIP = value
    default: throw .badRequest("Type 'TenantReporting.MessageTrace' does not have a property named '\(name)'.")
    }
  }

  private static func time(_ text: String) throws(ReportingError) -> Instant {
    guard let instant = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00") else {
      throw .badRequest("Unrecognized 'Edm.DateTime' literal '\(text)'.")
    }
    return instant
  }
}

extension ReportingShape {
  init(_ request: HTTPRequest, _ parameters: Parameters) {
    let accept = request.header("accept")?.lowercased() ?? ""
    let versions = [request.header("dataserviceversion"), request.header("maxdataserviceversion")]
    switch parameters["$format"]?.lowercased() {
    case "json": self = .verbose
    case "atom": self = .atom
    default:
      guard accept.contains("application/json") else {
        self = .atom
        return
      }
      let old = versions.allSatisfy { $0?.hasPrefix("2.0") == true } || accept.contains("odata=verbose")
      self = old ? .verbose : .light
    }
  }
}
