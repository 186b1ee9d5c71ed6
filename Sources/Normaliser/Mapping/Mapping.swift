// A mapping file as written: which column goes where, under which conversion. Read by `MappingReader`.

package import IntakeCore

/// One mapping file: how one shape of row becomes an event.
package struct Mapping: Sendable {
  /// As the file names itself, such as `graph`.
  package let name: String
  /// What rows it fits, one sentence for `mapping list`.
  package let about: String
  /// `event.provider` where the settings name none: `reporting` or `graph`.
  package let provider: String
  /// Columns that make identity and direction.
  let identity: IdentityColumns
  /// Columns that are dropped because they do not describe the message; a trailing `*` matches any ending.
  let leftOut: [String]
  /// Where columns that no rule names go, as a prefix without its dot; nil leaves them out.
  let others: String?
  /// A column that holds an array: one event for each element.
  let each: String?
  /// What redaction hides.
  let privacy: PrivateColumns
  /// Other names of columns: the same rules take both, so that one file fits both services.
  let aliases: [String: String]
  let lookups: [String: Lookup]
  /// How its names become objects; nil for a mapping that is flat only.
  var nesting: Nesting?
  /// Names of its own that the catalog does not have.
  let fields: [String: FieldCatalog.Field]
  let event: [Rule]
  /// The event of a row that cannot be mapped.
  let failed: [Rule]

  /// Parses a file; the failure lists all its mistakes.
  /// - Parameters:
  ///   - file: for the error; exit code 78.
  ///   - catalog: what its names are held against; nil for no such check.
  package init(parsing bytes: [UInt8], file: String, catalog: FieldCatalog? = nil) throws(Failure) {
    var reader = MappingReader(file: file, catalog: catalog)
    self = try reader.read(bytes)
  }

  init(
    name: String, about: String, provider: String, identity: IdentityColumns, leftOut: [String], others: String?,
    each: String?, privacy: PrivateColumns, aliases: [String: String],
    lookups: [String: Lookup], fields: [String: FieldCatalog.Field], event: [Rule], failed: [Rule]
  ) {
    self.name = name
    self.about = about
    self.provider = provider
    self.identity = identity
    self.leftOut = leftOut
    self.others = others
    self.each = each
    self.privacy = privacy
    self.aliases = aliases
    self.lookups = lookups
    self.fields = fields
    self.event = event
    self.failed = failed
  }

  /// Every name on the right of the rules, in the file's order, without repeats.
  package var names: [String] {
    var seen: Set<String> = []
    return (event + failed).flatMap { $0.to + ($0.otherwise.map { [$0] } ?? []) }.filter { seen.insert($0).inserted }
  }
}

/// Dotted paths of the columns that identity, direction and pruning need.
struct IdentityColumns: Sendable {
  var trace = ""
  var recipient = ""
  var sender = ""
  var status = ""
  var received = ""
  /// The lookup that gives the canonical status; an unknown status is written in lower camel case.
  var statuses = ""
  /// Columns that distinguish events of one identity, hashed after the status.
  var further: [String] = []
}

/// Columns that redaction hides: subjects whole, addresses up to their `@`, other texts whole where they hold an `@`.
struct PrivateColumns: Sendable {
  var subjects: [String] = []
  var addresses: [String] = []
  var texts: [String] = []
}

/// A table of texts; keys are compared without regard to ASCII case.
struct Lookup: Sendable {
  var entries: [(key: String, value: String)] = []
  /// For any other value and for none.
  var otherwise: String?
}

/// One line of a mapping: from columns, through a conversion, to names.
struct Rule: Sendable {
  /// The first that gives a value; all of them, without repeats, for a list.
  var from: [RuleSource] = []
  var to: [String] = []
  var conversion: Conversion = .text
  var isList = false
  var lookup: String?
  /// JSON text of a constant.
  var constant: String?
  /// The field for the unchanged value if the conversion refuses it.
  var otherwise: String?
}

/// Where a rule takes its value.
enum RuleSource: Sendable, Equatable {
  case column(String)
  case given(Given)
}

/// What is known beside the row's columns; written with a `$` in a mapping.
enum Given: String, Sendable, CaseIterable {
  case identity, created, received, status, direction, original, reason, provider, flags, recipient
  case tenantName = "tenant.name"
  case tenantID = "tenant.id"
  /// Of the values that were too long: their columns, lengths in bytes and SHA-256; three lists in one order.
  case cutColumns = "cut.columns"
  case cutLengths = "cut.lengths"
  case cutHashes = "cut.hashes"

  /// True for those that give a list, and are known only when all else is written.
  var isList: Bool {
    switch self {
    case .flags, .cutColumns, .cutLengths, .cutHashes: true
    case .identity, .created, .received, .status, .direction, .original, .reason, .provider, .recipient, .tenantName,
      .tenantID:
      false
    }
  }
}

/// The closed set of conversions.
enum Conversion: String, Sendable, CaseIterable {
  /// Unchanged; `<>` counts as empty.
  case text
  /// ISO 8601 or `/Date(ms)/` to RFC 3339 with milliseconds.
  case timestamp
  /// A valid IPv4 or IPv6 address, unchanged.
  case ip
  case lowerCase = "lower-case"
  /// What follows the one `@`, lower-cased.
  case domain
  /// What precedes the one `@`.
  case localPart = "local part"
  /// A whole number of 64 bits.
  case integer
  /// Without the `<>` around it, as of a Message-ID.
  case withoutBrackets = "without brackets"
  case lookup
  /// Exchange's `<root><MEP …/></root>`: each value a field below `others`; the name on the right is `others` with `.*`.
  /// `CustomData` gives `custom.*`, a remote server's reply `smtp_*` and `remote_*`; the reply is looked for in `RecipientStatus`,
  /// then in a second column. Other rules take one property by its path, such as `data.ClientIP`.
  case properties
}

extension Rule {
  /// True if what it gives is a list by itself.
  var isGivenList: Bool {
    guard from.count == 1, case .given(let given) = from[0] else { return false }
    return given.isList
  }

  /// True for a field that is the time of reading and nothing else: the same for a whole page.
  var isCreated: Bool { !isList && conversion == .text && constant == nil && from == [.given(.created)] }
}
