// HTTP responses.

package import IntakeCore

/// One HTTP response, read to its end.
package struct Response: Sendable {
  package var status: Int
  /// Names in lower case.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name; `name` is in lower case.
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  package func headers(named name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

  /// The server's clock.
  package var date: Instant? { header("date").flatMap(HTTPDate.parse) }
}
