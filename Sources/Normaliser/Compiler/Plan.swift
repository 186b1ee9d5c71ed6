// A compiled mapping: flat arrays of bytes and small values, without lookups by text at run time.

internal import IntakeCore

/// A slice of the plan's pool.
struct PoolSlice: Sendable, Equatable {
  private var first: Int32 = 0
  private var past: Int32 = 0

  init() {}

  init(start: Int, end: Int) {
    first = Int32(truncatingIfNeeded: start)
    past = Int32(truncatingIfNeeded: end)
  }

  var start: Int { Int(first) }
  var end: Int { Int(past) }
  var isEmpty: Bool { first == past }
}

/// One step of writing an event. Every field is written as `"name":value,`; the last comma becomes the brace.
struct Step: Sendable {
  enum Code: UInt8, Sendable {
    /// The bytes of `text`, unchanged.
    case literal
    /// `name`, then the slot's value under the conversion.
    case value
    /// `name`, then the given value under the conversion.
    case given
    /// `name`, then `text`: a setting as one of several sources.
    case setting
    /// `name`, then a list of one plain text; leaves out the steps that would make the list of anything else.
    case single
    /// `name`, then the value of the field before once more.
    case again
    case listOpen, listItem, listGiven, listSetting, listClose
    /// Columns that no rule names.
    case others
    /// Nothing: the value before is that of `event.action` or `event.outcome`, which `Batch.Entry` carries.
    case isStatus, isOutcome
  }

  var code: Code
  var conversion: Conversion = .text
  var given: Given = .identity
  var slot: Int16 = 0
  var lookup = Int16(Plan.none)
  /// Steps to leave out where this one wrote a value.
  var skip: Int16 = 0
  var name = PoolSlice()
  /// The name for a value that the conversion refuses.
  var otherwise = PoolSlice()
  var text = PoolSlice()
}

extension Step {
  /// True for what only rows with values that are too long have.
  @inline(__always)
  var isOfCuts: Bool { given == .cutColumns || given == .cutLengths || given == .cutHashes }
}

/// A compiled mapping with its settings.
struct Plan: Sendable {
  /// The index of no slot, node or lookup. A number, so that a plan stays an array of small values: `RowScanner.has` tests
  /// for it together with the slot's bit.
  static let none = -1

  /// Names, constants, lookups; longer than what is used by `LineWriter.overrun`, so that copying may run over.
  var pool: [UInt8] = []
  /// Positions of the quoted `event.created` in the pool; filled in for each page.
  var createdPlaces: [PoolSlice] = []
  /// The values of `$direction`, quoted.
  var directionTexts = DirectionTexts()
  var keys = KeyTable()
  var prefixes: [PoolSlice] = []
  var eventSteps: [Step] = []
  var failedSteps: [Step] = []
  var lookups: [PlanLookup] = []
  var slotCount = 0
  /// One bit a slot: read as an address; read by a conversion or the identity, so escapes have to be resolved.
  var addressSlots: UInt64 = 0
  var convertedSlots: UInt64 = 0
  /// Slots of the identity; `none` if the mapping has no such column.
  var traceSlot = Plan.none
  var recipientSlot = Plan.none
  var senderSlot = Plan.none
  var statusSlot = Plan.none
  var receivedSlot = Plan.none
  var furtherSlots: [Int] = []
  var statusLookup = Plan.none
  /// The slot of a column with properties, and the name for one that does not parse.
  var propertiesSlot = Plan.none
  var propertiesOtherwise = PoolSlice()
  /// The column in which a remote server's reply is looked for where the properties hold none.
  var repliesSlot = Plan.none
  /// Slots that are filled from a property, with its name.
  var propertySlots: [(name: PoolSlice, slot: Int)] = []
  /// Recipient and sender as given in the settings, for rows that contain none.
  var givenRecipient = PoolSlice()
  var givenSender = PoolSlice()
  /// True if rows go out as they came.
  var isRaw = false
  /// What makes the line of each event nested; nil for flat ones.
  var nesting: EventNesting?
  /// The node whose elements become an event each, or `none`.
  var eachNode = Plan.none
  /// The name so far of each node's members, `recipients.`; empty at the root.
  var nodePaths: [PoolSlice] = [PoolSlice()]
  /// `"o365.message_trace.`; empty where other columns are left out.
  var othersPrefix = PoolSlice()
  /// Names behind that prefix that rules write, so that no column can take them.
  var takenNames: [PoolSlice] = []
  /// The tenant lower-cased, as the identity takes it, with its LF.
  var tenant = PoolSlice()
  /// Local domains, lower-cased; true if mail between other domains can be recognised.
  var localDomains: [PoolSlice] = []
  var knowsOutside = false
  var keepOriginal = false
  /// What hides private columns, and their slots; nil for no redaction.
  var redactor: Redactor?
  var privateSubjectSlots: [Int] = []
  var privateAddressSlots: [Int] = []
  var privateTextSlots: [Int] = []
  var foldColumns = false
}

extension Plan {
  /// The same with `event.created` filled in, for the rows of one page.
  func reading(at created: Instant) -> Plan {
    var plan = self
    let text = Array(JSONText.quoted(Timestamp.text(created)).utf8)
    for place in plan.createdPlaces where place.end - place.start == text.count {
      plan.pool.replaceSubrange(place.start..<place.end, with: text)
    }
    return plan
  }
}

/// The texts of `email.direction`.
struct DirectionTexts: Sendable {
  var within = PoolSlice()
  var inbound = PoolSlice()
  var outbound = PoolSlice()
  var outside = PoolSlice()
}

/// A lookup with its texts in the pool: keys lower-cased, values plain and as JSON.
struct PlanLookup: Sendable {
  struct Entry: Sendable {
    /// Of the key: its first and last eight bytes, as `CaseFoldedText` reads them.
    var words: CaseFoldedText
    var key: PoolSlice
    var value: PoolSlice
    var json: PoolSlice
  }
  var entries: [Entry] = []
  var otherwise = PoolSlice()
}
