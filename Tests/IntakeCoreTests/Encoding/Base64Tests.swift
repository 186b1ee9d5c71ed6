// Base64 in both alphabets.

import Testing

@testable import IntakeCore

@Suite("Base64")
struct Base64Tests {
  @Test("Base64: both alphabets, padding only at the end")
  func base64() {
    #expect(Base64.encodeForURL(Array("f".utf8)) == "Zg")
    #expect(Base64.encodeForURL(Array("foobar".utf8)) == "Zm9vYmFy")
    #expect(Base64.encodeForURL([251, 255]) == "-_8")
    #expect(Base64.decode("Zm9vYg==") == Array("foob".utf8))
    #expect(Base64.decode("+/8") == [251, 255])
    #expect(Base64.decode("Z=g") == nil)
    #expect(Base64.decode("a b") == nil)
  }
}
