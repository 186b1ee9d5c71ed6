// Queries as Graph treats them: supported, refused and silently ignored options.

internal import IntakeCore

/// An error in Graph's envelope.
struct GraphError: Error {
  var status: Int
  var code: String
  var message: String

  init(_ status: Int, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  static func badRequest(_ message: String) -> GraphError { GraphError(400, "BadRequest", message) }
}

/// A list request understood.
struct GraphQuery {
  var filter = RowFilter()
  /// Both inclusive.
  var start: Instant
  var end: Instant
  var top = 1_000
  /// Where the page begins, from the skip token.
  var position: RowPosition?

  /// Only the last value of each property counts, and everything is joined by `and`: `or`, `in`, `ne` and `not` are read
  /// and have no effect of their own. Functions on anything but the subject are dropped whole.
  init(_ parameters: Parameters, now: Instant, tooOldStatus: Int) throws(GraphError) {
    start = now - .seconds(48 * 3_600)
    end = now
    var lower: Instant?
    var upper: Instant?
    guard let tokens = FilterText.tokens(parameters["$filter"] ?? "") else {
      throw .badRequest("Invalid filter clause: unterminated string literal.")
    }
    var rest = tokens[...]
    while let token = rest.popFirst() {
      guard let name = token.name else { continue }
      switch name {
      case "and", "or", "not": continue
      case "contains", "startswith", "endswith":
        try takeFunction(name, &rest)
      default:
        try takeComparison(name, &rest, &lower, &upper)
      }
    }
    if let top = parameters["$top"] { try setTop(top) }
    try setWindow(lower, upper, now: now, tooOldStatus: tooOldStatus)
  }

  private mutating func setTop(_ text: String) throws(GraphError) {
    guard let value = Int(text), value >= 0 else {
      throw .badRequest("Invalid value '\(text)' for $top query option found.")
    }
    guard value <= 5_000 else { throw .badRequest("ResultSize is invalid") }
    top = value == 0 ? 1_000 : value
  }

  private mutating func setWindow(
    _ lower: Instant?, _ upper: Instant?, now: Instant, tooOldStatus: Int
  ) throws(GraphError) {
    guard lower != nil || upper != nil else { return }
    guard let lower else { throw .badRequest("StartDate is required when an EndDate is entered.") }
    guard let upper else { throw .badRequest("EndDate is required when a StartDate is entered.") }
    guard lower <= upper else { throw .badRequest("The StartDate can't be later than the EndDate.") }
    guard upper - lower <= .seconds(10 * 86_400) else {
      throw .badRequest(
        "|System.ArgumentException|The interval between StartDate and EndDate can't be longer than 10 days.")
    }
    guard lower >= now - .seconds(90 * 86_400) else {
      throw GraphError(
        tooOldStatus, tooOldStatus == 400 ? "BadRequest" : "",
        "Invalid StartDate value. The StartDate can't be older than 90 days from today.")
    }
    start = lower
    end = upper
  }

  private mutating func takeFunction(_ name: String, _ rest: inout ArraySlice<FilterToken>) throws(GraphError) {
    guard rest.popFirst() == .mark("("), let property = rest.popFirst()?.name, rest.popFirst() == .mark(","),
      let value = rest.popFirst()?.literal, rest.popFirst() == .mark(")")
    else { throw .badRequest("Invalid filter clause: a function call is malformed.") }
    guard property == "subject" else { return }
    filter.subject =
      switch name {
      case "contains": .contains(value)
      case "startswith": .starts(value)
      default: .ends(value)
      }
  }

  private mutating func takeComparison(
    _ name: String, _ rest: inout ArraySlice<FilterToken>, _ lower: inout Instant?, _ upper: inout Instant?
  ) throws(GraphError) {
    guard let comparison = rest.popFirst()?.name, let value = Self.takeValue(&rest) else {
      throw .badRequest("Invalid filter clause: an operator or value is missing.")
    }
    guard name == "receiveddatetime" else { return try set(name, comparison, value) }
    guard let instant = Timestamp.parse(value) else {
      throw .badRequest("Invalid filter clause: the date is not understood.")
    }
    switch comparison {
    case "ge": lower = instant
    case "le": upper = instant
    default: throw .badRequest("Invalid filter clause: receivedDateTime takes ge and le only.")
    }
  }

  /// A literal, or the last one of a list in parentheses.
  private static func takeValue(_ rest: inout ArraySlice<FilterToken>) -> String? {
    guard let first = rest.popFirst() else { return nil }
    guard first == .mark("(") else { return first.literal }
    var last: String?
    while let token = rest.popFirst(), token != .mark(")") { last = token.literal ?? last }
    return last
  }

  private mutating func set(_ name: String, _ comparison: String, _ value: String) throws(GraphError) {
    guard ["eq", "ne", "in"].contains(comparison) else {
      throw .badRequest("Invalid filter clause: the operator '\(comparison)' is not supported.")
    }
    switch name {
    case "id": filter.traceID = value.lowercased()
    case "messageid": filter.messageID = value
    case "status": filter.status = value
    case "recipientaddress": filter.recipient = value
    case "senderaddress": filter.sender = value
    case "fromip": filter.fromIP = value
    case "toip": filter.toIP = value
    case "subject": filter.subject = .equals(value)
    default:
      throw .badRequest(
        "Could not find a property named '\(name)' on type 'microsoft.graph.exchangeMessageTrace'.")
    }
  }
}
