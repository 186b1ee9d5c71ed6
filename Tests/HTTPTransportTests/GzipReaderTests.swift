// Bodies of one gzip member and of several. RFC 1952, section 2.2.

import IntakeTesting
import Testing

@testable import HTTPTransport

@Suite("GzipReader")
struct GzipReaderTests {
  /// What comes of a body in pieces; nil where it is refused or not whole.
  private static func unpacked(_ bytes: [UInt8], pieceSize: Int, cap: Int = 1 << 20) throws -> [UInt8]? {
    let reader = try #require(GzipReader())
    var body: [UInt8] = []
    var start = 0
    while start < bytes.count {
      let piece = bytes[start..<min(bytes.count, start + pieceSize)]
      let outcome = unsafe piece.withUnsafeBytes { unsafe reader.take($0, into: &body, cap: cap) }
      guard outcome == .more else { return nil }
      start += pieceSize
    }
    return reader.isFinished ? body : nil
  }

  @Test("members one after the other give one body, in pieces of any size", arguments: [1, 2, 17, 100, 1 << 20])
  func members(_ pieceSize: Int) throws {
    let texts = ["{\"value\":[", "", "1,2", "]}", ""].map { Array($0.utf8) }
    let body = texts.flatMap { GzipBytes.stored($0) }
    #expect(try Self.unpacked(body, pieceSize: pieceSize) == Array(texts.joined()))
    #expect(try Self.unpacked(Array(body.dropLast()), pieceSize: pieceSize) == nil)
    for tail in [[0], [0x1F], [0x1F, 0x8B, 8], Array("text".utf8)] as [[UInt8]] {
      #expect(try Self.unpacked(body + tail, pieceSize: pieceSize) == nil, "\(tail)")
    }
  }

  @Test("the limit is that of the whole body, and holds for members that give nothing")
  func limit() throws {
    let member = GzipBytes.stored([UInt8](repeating: 7, count: 1_000))
    #expect(try Self.unpacked(member + member, pieceSize: 64, cap: 2_000)?.count == 2_000)
    #expect(try Self.unpacked(member + member, pieceSize: 64, cap: 1_999) == nil)
    let empty = GzipBytes.stored([])
    let many = Array([[UInt8]](repeating: empty, count: 2_000).joined())
    #expect(try Self.unpacked(many, pieceSize: 1_000, cap: 1 << 20) == [])
    #expect(try Self.unpacked(many, pieceSize: 1_000, cap: 1_000) == nil)
  }
}
