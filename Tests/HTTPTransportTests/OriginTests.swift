// Which URLs are accepted, and where a credential may go.

import IntakeCore
import Testing

@testable import HTTPTransport

@Suite("Origin")
struct OriginTests {
  @Test(
    "plain http is for the loopback only",
    arguments: [
      ("http://127.0.0.1:8080", true), ("http://127.1.2.3", true), ("http://localhost:1", true),
      ("http://[::1]:80", true),
      ("http://graph.microsoft.com", false), ("http://127.0.0.1.evil.test", false), ("http://10.0.0.1", false),
      ("http://127.1", false), ("http://localhost.evil.test", false), ("http://[::2]", false),
      ("http://0127.0.0.1", false),
    ])
  func loopback(_ url: String, _ isAllowed: Bool) {
    #expect((WebAddress(url) != nil) == isAllowed)
  }

  @Test("a legal target is sent byte for byte, illegal bytes alone are escaped")
  func bytes() throws {
    let legal = "https://h.test/a/../b?x=%2F%2f%253d;,()!*'~+&$top=1"
    #expect(try #require(WebAddress(legal)).text == legal)
    #expect(try #require(WebAddress("https://h.test/a b?<ü|%zz>")).text == "https://h.test/a%20b?%3C%C3%BC%7C%zz%3E")
  }

  @Test("a credential is attached for its own origin and for no other")
  func authorization() throws {
    let home = try #require(WebAddress("https://graph.microsoft.com/v1.0"))
    let authorization = try #require(Authorization.bearer(Secret("abc"), for: home.origin))
    #expect(try authorization.header(for: home).revealed == "Authorization: Bearer abc")
    for foreign in ["https://graph.microsoft.com:8443/", "https://evil.test/", "http://127.0.0.1/"] {
      let address = try #require(WebAddress(foreign))
      #expect(throws: Failure.self) { try authorization.header(for: address) }
    }
  }

  @Test("A34 a token that would break its header line is refused", arguments: ["a\r\nX: y", "a b", "a\u{0}", "ä", ""])
  func oddToken(_ token: String) throws {
    let home = try #require(WebAddress("https://graph.microsoft.com/v1.0"))
    #expect(Authorization.bearer(Secret(token), for: home.origin) == nil)
  }

  @Test("a bearer token is given out for its origin alone, a password never")
  func bearerToken() throws {
    let (home, other) = (
      Origin(scheme: "https", authority: "a.example"), Origin(scheme: "https", authority: "b.example")
    )
    let (here, there) = (try #require(home), try #require(other))
    let bearer = try #require(Authorization.bearer(Secret("t0ken"), for: here))
    #expect(bearer.bearerToken(for: here)?.revealed == "t0ken" && bearer.bearerToken(for: there) == nil)
    #expect(Authorization.basic("u", Secret("p"), for: here).bearerToken(for: here) == nil)
  }
}
