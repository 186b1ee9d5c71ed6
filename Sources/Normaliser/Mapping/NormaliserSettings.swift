// Settings of the mapping that come from the playbook or the command line.

/// Settings of one normaliser; all have a default.
package struct NormaliserSettings: Sendable {
  /// The tenant as configured, a domain or a GUID; empty if not known. Part of every identity.
  package var tenant: String
  /// `event.provider`: `reporting` or `graph`; empty for the mapping's own.
  package var provider: String
  /// Domains whose users are ours; their subdomains count too.
  package var localDomains: [String]
  /// Puts the row as received into `event.original`.
  package var keepOriginal: Bool
  /// Takes column names without regard to ASCII case: for exports, never for the services.
  package var foldColumns: Bool
  /// The requested recipient, since detail rows of Graph contain none. Empty for none.
  package var recipient: String
  /// The sender, for the same rows. Empty for none.
  package var sender: String
  /// Writes each row as it came, on one line; the mapping gives identity, time and status only.
  package var isRaw: Bool
  /// Writes dotted names as objects, as the mapping's `nested` says; only for mappings that have it.
  package var isNested: Bool
  /// What is hidden in events; originals are left out then, also those of rows that cannot be mapped.
  package var redaction: Redaction?

  package init(
    tenant: String = "", provider: String = "", localDomains: [String] = [], keepOriginal: Bool = false,
    foldColumns: Bool = false, recipient: String = "", sender: String = "", isRaw: Bool = false,
    isNested: Bool = false, redaction: Redaction? = nil
  ) {
    self.tenant = tenant
    self.provider = provider
    self.localDomains = localDomains
    self.keepOriginal = keepOriginal
    self.foldColumns = foldColumns
    self.recipient = recipient
    self.sender = sender
    self.isRaw = isRaw
    self.isNested = isNested
    self.redaction = redaction
  }

  /// True for `8-4-4-4-12` hex digits.
  var tenantIsGUID: Bool {
    let parts = tenant.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.utf8.allSatisfy { ASCII.isDigit($0) || ASCII.lowerCased($0) &- 0x61 < 6 } }
  }
}
