// The two services that mail can be read from.

/// Which service is read.
package enum Mode: String, CaseIterable, Sendable {
  case graph
  case reporting
}
