// Test vectors of FIPS 180-4 and both block functions against each other.

import Testing

@testable internal import IntakeCore

@Suite struct SHA256Tests {
  @Test(
    "the published vectors come out",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func vectors(_ text: String, _ hex: String) {
    let digest = SHA256.digest(Array(text.utf8))
    #expect(digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == hex)
  }

  @Test("a million times the letter a")
  func long() {
    var hash = SHA256()
    for _ in 0..<1_000_000 { hash.update(UInt8(ascii: "a")) }
    #expect(hash.finish().0 == 0xcdc7_6e5c_9914_fb92)
  }

  @Test("the processor's instructions and the portable form agree for every length around a block")
  func bothForms() {
    for length in 0..<200 {
      let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      var portable = SHA256(portably: true)
      portable.update(message)
      var special = SHA256()
      special.update(message)
      let words = special.finish()
      #expect(portable.finish() == words)
      for portably in [true, false] {
        var buffer = message + [UInt8](repeating: 0xAA, count: 72)
        let prefix = unsafe buffer.withUnsafeMutableBytes {
          unsafe SHA256.prefix(padding: $0, count: length, portably: portably || !SHA256.hasInstructions)
        }
        #expect(prefix == (words.0, words.1))
      }
    }
  }

  @Test("a value can be used again after reset")
  func reuse() {
    var hash = SHA256()
    hash.update(Array("something else".utf8))
    _ = hash.finish()
    hash.reset()
    hash.update(Array("abc".utf8))
    #expect(hash.finish().0 == 0xba78_16bf_8f01_cfea)
  }
}
