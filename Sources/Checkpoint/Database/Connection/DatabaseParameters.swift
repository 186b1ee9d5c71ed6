// Parameters as libpq takes them: arrays of C pointers, valid during one call.

internal import IntakeCore

/// The parameters of a connection: what the target says, and defaults that it may change.
struct ConnectionParameters {
  private let names: [String]
  private let values: [String]

  init(_ target: DatabaseTarget) throws(Failure) {
    // What stands before the URI gives way to it.
    var parameters = [("connect_timeout", "10"), ("fallback_application_name", "message-trace")]
    // A server that lags behind knows too little of what was delivered.
    parameters.append(("target_session_attrs", "read-write"))
    parameters += [("dbname", target.uri), ("client_encoding", "UTF8")]
    if let password = try target.password() { parameters.append(("password", password.revealed)) }
    names = parameters.map(\.0)
    values = parameters.map(\.1)
  }

  func withPointers<Result>(
    _ body: (
      _ names: UnsafePointer<UnsafePointer<CChar>?>, _ values: UnsafePointer<UnsafePointer<CChar>?>
    ) -> Result
  ) -> Result {
    unsafe Self.withPointers(names) { names in unsafe Self.withPointers(values) { values in unsafe body(names, values) }
    }
  }

  /// A list of C strings that ends with NULL.
  private static func withPointers<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    var characters: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(characters.count)
      characters += text.utf8.map { CChar(bitPattern: $0) } + [0]
    }
    return unsafe characters.withUnsafeBufferPointer { buffer in
      let pointers = unsafe starts.map { unsafe buffer.baseAddress?.advanced(by: $0) } + [nil]
      return unsafe pointers.withUnsafeBufferPointer { pointers in
        // Never empty: it ends with NULL.
        unsafe body(pointers.baseAddress.unsafelyUnwrapped)
      }
    }
  }
}

/// The parameters of a statement, all binary.
struct StatementParameters {
  let types: [UInt32]
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>?] = []

  init(_ values: [DatabaseValue]) {
    types = values.map(\.type)
    for value in values {
      guard let encoded = value.encoded else {
        ranges.append(nil)
        continue
      }
      ranges.append(bytes.count..<(bytes.count + encoded.count))
      bytes += encoded
    }
    // So that an empty value has a place too.
    bytes.append(0)
  }

  func withPointers<Result>(
    _ body: (
      _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
      _ formats: UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    let lengths = ranges.map { Int32(clamping: $0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: ranges.count)
    return unsafe bytes.withUnsafeBytes { buffer in
      let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = unsafe ranges.map { range in unsafe range.flatMap { unsafe start?.advanced(by: $0.lowerBound) } }
      return unsafe pointers.withUnsafeBufferPointer { pointers in
        unsafe lengths.withUnsafeBufferPointer { lengths in
          unsafe formats.withUnsafeBufferPointer { formats in
            unsafe body(pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}
