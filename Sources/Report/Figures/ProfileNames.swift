// What the fields of an event are called in the profiles cim and udm-flat; EventLine knows those of ecs and sekoia.

internal import IntakeCore

enum ProfileNames {
  /// The field of the key at `key`, and whether no other program's lines are likely to have that name.
  static func field(_ span: RawSpan, _ key: Int) -> (field: EventLine.Field, isOwn: Bool)? {
    switch span.byte(key) {
    case UInt8(ascii: "_"): span.matches(key, "_time\"") ? (.timestamp, true) : nil
    case UInt8(ascii: "m"): metadata(span, key)
    case UInt8(ascii: "n"): network(span, key)
    case UInt8(ascii: "a"): additional(span, key)
    default: plain(span, key)
    }
  }

  /// True for the name of the tenant in any profile.
  static func isTenant(_ span: RawSpan, _ key: Int) -> Bool {
    switch span.byte(key) {
    case UInt8(ascii: "o") where span.byte(key + 1) == UInt8(ascii: "r"): span.matches(key, "organization.name\"")
    case UInt8(ascii: "t") where span.byte(key + 1) == UInt8(ascii: "e"): span.matches(key, "tenant\"")
    case UInt8(ascii: "m"): span.matches(key, "metadata.product_deployment_id\"")
    default: false
    }
  }

  /// Names of cim that are words of everyday life. One more letter than the first distinguishes them from most of the
  /// names of ecs: a comparison costs as much as the rest of the key.
  private static func plain(_ span: RawSpan, _ key: Int) -> (EventLine.Field, Bool)? {
    switch (span.byte(key), span.byte(key + 1)) {
    case (UInt8(ascii: "c"), UInt8(ascii: "r")): span.matches(key, "created\"") ? (.created, false) : nil
    case (UInt8(ascii: "d"), UInt8(ascii: "i")): span.matches(key, "direction\"") ? (.direction, false) : nil
    case (UInt8(ascii: "o"), _) where span.byte(key + 5) == UInt8(ascii: "d"):
      span.matches(key, "o365.dataset\"") ? (.dataset, true) : nil
    case (UInt8(ascii: "r"), _) where span.byte(key + 2) == UInt8(ascii: "c"):
      span.matches(key, "recipient\"") ? (.recipient, false) : nil
    case (UInt8(ascii: "s"), UInt8(ascii: "i")): span.matches(key, "signature\"") ? (.action, false) : nil
    case (UInt8(ascii: "s"), UInt8(ascii: "r")): span.matches(key, "src_user\"") ? (.sender, false) : nil
    case (UInt8(ascii: "s"), UInt8(ascii: "u")): span.matches(key, "subject\"") ? (.subject, false) : nil
    default: nil
    }
  }

  private static func metadata(_ span: RawSpan, _ key: Int) -> (EventLine.Field, Bool)? {
    if span.matches(key, "message_info\"") { return (.message, false) }
    guard span.matches(key, "metadata.") else { return nil }
    return if span.matches(key, "metadata.event_timestamp\"") {
      (.timestamp, true)
    } else if span.matches(key, "metadata.collected_timestamp\"") {
      (.created, true)
    } else if span.matches(key, "metadata.product_event_type\"") {
      (.action, true)
    } else if span.matches(key, "metadata.description\"") {
      (.message, true)
    } else {
      nil
    }
  }

  private static func network(_ span: RawSpan, _ key: Int) -> (EventLine.Field, Bool)? {
    guard span.matches(key, "network.email.") else { return nil }
    return if span.matches(key, "network.email.from\"") {
      (.sender, true)
    } else if span.matches(key, "network.email.to\"") {
      (.recipient, true)
    } else if span.matches(key, "network.email.subject\"") {
      (.subject, true)
    } else {
      nil
    }
  }

  private static func additional(_ span: RawSpan, _ key: Int) -> (EventLine.Field, Bool)? {
    guard span.matches(key, "additional.fields.d") else { return nil }
    return if span.matches(key, "additional.fields.direction\"") {
      (.direction, true)
    } else if span.matches(key, "additional.fields.dataset\"") {
      (.dataset, true)
    } else {
      nil
    }
  }
}
