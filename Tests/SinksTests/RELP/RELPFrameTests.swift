// Frames byte for byte.

internal import IntakeCore
internal import Testing

@testable import Sinks

@Suite("RELP frames")
struct RELPFrameTests {
  private static let stream =
    "1 rsp 93 200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog\n"
    + "2 rsp 6 200 OK\n3 rsp 3 500\n50002 rsp 0\n999999999 rsp 0 \n0 serverclose 0\n"

  @Test("are read whole, in whatever pieces they come", arguments: [1, 2, 3, 7, 1_000])
  func pieces(size: Int) throws {
    let bytes = Array(Self.stream.utf8)
    var reader = RELPReader()
    var frames: [RELPFrame] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      reader.bytes += bytes[start..<min(start + size, bytes.count)]
      while let frame = try reader.next() { frames.append(frame) }
    }
    #expect(frames.map(\.transaction) == [1, 2, 3, 50_002, 999_999_999, 0])
    #expect(frames.map(\.command) == ["rsp", "rsp", "rsp", "rsp", "rsp", "serverclose"])
    #expect(frames.map(\.status) == [200, 200, 500, nil, nil, nil])
    #expect(reader.bytes.isEmpty)
  }

  @Test(
    "what is no frame is refused, never waited for and never a trap",
    arguments: [
      "HTTP/1.1 400 Bad Request\r\n", " rsp 6 200 OK\n", "1 rsp six 200 OK\n", "1 rsp 5 200 OK\n", "1 rsp 65537 ",
      "1000000000 rsp 6 200 OK\n", "99999999999999999999 rsp 0\n", "1  rsp 0\n", "1 rsp 3200\n", "1\n", "-1 rsp 0\n",
      "1 \u{0}sp 0\n", "1 abcdefghijklmnopqrstuvwxyzabcdefghijk", "\u{16}\u{3}\u{1}",
    ])
  func malformed(text: String) {
    var reader = RELPReader()
    reader.bytes = Array(text.utf8)
    #expect(throws: RELPReader.Malformed.self) {
      while try reader.next() != nil {}
    }
  }

  @Test(
    "a status is three digits and nothing glued to them",
    arguments: [
      ("200 OK", 200), ("200", 200), ("200\nx", 200), ("2000", nil), ("20", nil), ("OK 200", nil), ("2x0 ", nil),
    ] as [(String, Int?)])
  func status(text: String, status: Int?) {
    #expect(RELPFrame(transaction: 1, command: "rsp", data: Array(text.utf8)).status == status)
  }

  @Test("are written as the specification has them")
  func written() {
    var output: [UInt8] = []
    RELPFrame.append(7, "syslog", Array("a b".utf8), to: &output)
    RELPFrame.append(8, "close", [], to: &output)
    #expect(String(decoding: output, as: UTF8.self) == "7 syslog 3 a b\n8 close 0\n")
  }
}
