// Names to addresses, with a deadline: getaddrinfo(3) has none and cannot be stopped.

internal import Dispatch
internal import Glibc
internal import IntakeCore
internal import Synchronization

/// Resolves names on threads of its own and waits for them as long as its caller may.
///
/// A look-up that is not done in time is abandoned: its thread ends when the system's resolver does. Callers that ask for
/// the same name meanwhile wait for the same look-up; nothing is kept once it is done, so every connection resolves anew.
final class Resolver: Sendable {
  struct Address: Sendable {
    let family: Int32
    fileprivate let bytes: [UInt8]

    func withAddress<Result>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result) -> Result {
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe body(buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
      }
    }
  }

  typealias Answer = Result<[Address], SocketFault>
  typealias LookUp = @Sendable (NetworkAddress, Int32) -> Answer

  /// One for the process: it bounds the threads of all sinks.
  static let shared = Resolver()

  private struct Question: Hashable {
    let host: String
    let port: UInt16
    let type: Int32
  }

  private final class Pending: Sendable {
    let answer = Mutex<Answer?>(nil)
  }

  private let lookUp: LookUp
  private let limit: Int
  private let pending = Mutex<[Question: Pending]>([:])

  /// - Parameters:
  ///   - limit: look-ups at a time; further names wait for a free thread, within their deadline.
  ///   - lookUp: may block for ever; another one in tests.
  init(limit: Int = 8, lookUp: @escaping LookUp = Resolver.askSystem) {
    self.limit = limit
    self.lookUp = lookUp
  }

  /// Every address, in the resolver's order. Numeric hosts need no thread.
  /// - Throws: `unresolved` after `patience`, ECANCELED once the task is cancelled, EADDRNOTAVAIL for a name without
  ///   address.
  func addresses(
    of address: NetworkAddress, type: Int32, within patience: Duration = .seconds(10)
  ) throws(SocketFault) -> [Address] {
    guard !address.isNumeric else { return try lookUp(address, type).get() }
    let end = ContinuousClock.now + patience
    let question = Question(host: address.host, port: address.port, type: type)
    while true {
      if let asked = ask(question, address) { return try wait(for: asked, until: end) }
      try pause(until: end)
    }
  }

  /// The look-up of this name that is under way, else a new one; nil while there are too many.
  private func ask(_ question: Question, _ address: NetworkAddress) -> Pending? {
    let (asked, isNew) = pending.withLock { pending -> (Pending?, Bool) in
      if let known = pending[question] { return (known, false) }
      guard pending.count < limit else { return (nil, false) }
      let new = Pending()
      pending[question] = new
      return (new, true)
    }
    guard isNew, let asked else { return asked }
    DispatchQueue(label: "message-trace.resolver").async { [self] in
      let answer = lookUp(address, question.type)
      pending.withLock { $0[question] = nil }
      asked.answer.withLock { $0 = answer }
    }
    return asked
  }

  private func wait(for asked: Pending, until end: ContinuousClock.Instant) throws(SocketFault) -> [Address] {
    while true {
      if let answer = asked.answer.withLock({ $0 }) { return try answer.get() }
      try pause(until: end)
    }
  }

  private func pause(until end: ContinuousClock.Instant) throws(SocketFault) {
    guard !Task.isCancelled else { throw SocketFault(ECANCELED) }
    guard ContinuousClock.now < end else { throw .unresolved }
    usleep(2_000)
  }

  private static func askSystem(_ address: NetworkAddress, _ type: Int32) -> Answer {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = type
    unsafe hints.ai_flags = Int32(AI_NUMERICSERV) | (address.isNumeric ? Int32(AI_NUMERICHOST) : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(address.host, "\(address.port)", &hints, &list) == 0 else {
      return .failure(SocketFault(EADDRNOTAVAIL))
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [Address] = []
    var next = unsafe list
    while let one = unsafe next {
      if let start = unsafe one.pointee.ai_addr {
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: start, count: Int(one.pointee.ai_addrlen)))
        found.append(Address(family: unsafe one.pointee.ai_family, bytes: bytes))
      }
      unsafe next = one.pointee.ai_next
    }
    return .success(found)
  }
}
