// The faults of one request that concern its events.

internal import IntakeCore

/// What goes wrong with single events.
struct ReceiverFaults {
  private let faults: [Fault]

  init(_ faults: [Fault]) { self.faults = faults }

  /// The status of an event that is not taken, nil for one that is.
  func status(ofItem number: Int, _ event: ArraySlice<UInt8>) -> Int? {
    for fault in faults {
      switch fault {
      case .items(let status, let step) where step > 0 && number % step == step - 1: return status
      case .refusedEvents(let text) where event.firstRange(of: Array(text.utf8)) != nil: return 400
      default: continue
      }
    }
    return nil
  }

  /// The body of a request is larger than the service takes.
  func isTooLarge(_ request: HTTPRequest) -> Bool {
    for case .bodyCap(let most) in faults where (request.decodedBody?.count ?? 0) > most { return true }
    return false
  }

  var forgets: Bool { faults.contains(.forgotten) }
  var neverConfirms: Bool { faults.contains(.neverConfirmed) }
}
